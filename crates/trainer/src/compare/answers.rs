//! What the models of a run said of each out-of-sample row: its `predictions.csv`.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use csv::{ReaderBuilder, StringRecord};

use super::run_place::unreadable;

/// Which row an answer is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RowKey {
    /// Close time of its bar, epoch milliseconds.
    pub(crate) time: i64,
    /// Symbol; empty where the run has one only.
    pub(crate) symbol: Arc<str>,
    /// The fold that tested it.
    pub(crate) fold: usize,
}

/// What one model said, in order of the rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Answers {
    /// Rows.
    pub(crate) keys: Vec<RowKey>,
    /// True class of each.
    pub(crate) classes: Vec<u8>,
    /// Row-major `[n_rows, n_classes]`.
    pub(crate) probabilities: Vec<f64>,
}

impl Answers {
    /// Adds the rows of `more` that come behind all of these.
    pub(crate) fn go_on(&mut self, more: &Self) {
        let last = self.keys.last().map(|key| key.time);
        let k = more.probabilities.len() / more.keys.len().max(1);
        for (place, key) in more.keys.iter().enumerate().filter(|(_, key)| Some(key.time) > last) {
            self.keys.push(key.clone());
            self.classes.push(more.classes[place]);
            self.probabilities.extend_from_slice(&more.probabilities[place * k..][..k]);
        }
    }

    /// Reads what every model of a run said.
    ///
    /// # Errors
    /// When the file can't be read or a line is damaged; the text names the line.
    pub(crate) fn load(path: &Path, classes: &[String]) -> Result<BTreeMap<String, Self>> {
        let file = File::open(path).with_context(|| unreadable(path))?;
        let fault = |line: u64, why: String| {
            anyhow!(
                "{}:{line}: the predictions are damaged ({why}); copy the run again or train it again",
                path.display()
            )
        };
        let mut reader = ReaderBuilder::new().from_reader(file);
        let line_of = |error: &csv::Error| error.position().map_or(1, csv::Position::line);
        let header = reader.headers().map_err(|error| fault(line_of(&error), error.to_string()))?;
        let columns = Columns::of(header, classes).map_err(|why| fault(1, why))?;
        let mut answers: BTreeMap<String, Self> = BTreeMap::new();
        let mut record = StringRecord::new();
        let mut symbol: Arc<str> = Arc::from("");
        while reader.read_record(&mut record).map_err(|error| fault(line_of(&error), error.to_string()))? {
            let at = |why| fault(record.position().map_or(0, csv::Position::line), why);
            let read = columns.read(&record, classes, &mut symbol).map_err(at)?;
            let model = &record[columns.model];
            if !answers.contains_key(model) {
                answers.insert(model.to_owned(), Self::default());
            }
            if let Some(known) = answers.get_mut(model) {
                known.push(read);
            }
        }
        for known in answers.values_mut() {
            known.sort(classes.len());
        }
        Ok(answers)
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Class probabilities of a row.
    pub(crate) fn row(&self, index: usize) -> &[f64] {
        let n_classes = self.probabilities.len() / self.len();
        &self.probabilities[index * n_classes..(index + 1) * n_classes]
    }

    /// True when a row is answered for by several folds.
    pub(crate) fn repeats_rows(&self) -> bool {
        self.keys.windows(2).any(|pair| (pair[0].time, &pair[0].symbol) == (pair[1].time, &pair[1].symbol))
    }

    /// True when a row is answered for twice by one fold.
    pub(crate) fn repeats_keys(&self) -> bool {
        self.keys.windows(2).any(|pair| pair[0] == pair[1])
    }

    fn push(&mut self, row: ReadRow) {
        self.keys.push(row.key);
        self.classes.push(row.class);
        self.probabilities.extend(row.probabilities);
    }

    /// In order of time, symbol and fold.
    fn sort(&mut self, n_classes: usize) {
        if self.keys.is_sorted() {
            return;
        }
        let mut order: Vec<usize> = (0..self.keys.len()).collect();
        order.sort_by(|a, b| self.keys[*a].cmp(&self.keys[*b]));
        let rows = |place: &usize| place * n_classes..(place + 1) * n_classes;
        *self = Self {
            keys: order.iter().map(|place| self.keys[*place].clone()).collect(),
            classes: order.iter().map(|place| self.classes[*place]).collect(),
            probabilities: order.iter().flat_map(|place| self.probabilities[rows(place)].to_vec()).collect(),
        };
    }
}

/// Where the columns are.
struct Columns {
    model: usize,
    fold: usize,
    time: usize,
    label: usize,
    symbol: Option<usize>,
    probabilities: Vec<usize>,
}

struct ReadRow {
    key: RowKey,
    class: u8,
    probabilities: Vec<f64>,
}

impl Columns {
    fn of(header: &StringRecord, classes: &[String]) -> Result<Self, String> {
        let find = |name: &str| header.iter().position(|known| known == name);
        let need = |name: &str| find(name).ok_or_else(|| format!("there is no column {name}"));
        Ok(Self {
            model: need("model")?,
            fold: need("fold")?,
            time: need("timestamp")?,
            label: need("label")?,
            symbol: find("symbol"),
            probabilities: classes
                .iter()
                .map(|class| need(&format!("p_{class}")))
                .collect::<Result<_, _>>()?,
        })
    }

    fn read(
        &self,
        record: &StringRecord,
        classes: &[String],
        symbol: &mut Arc<str>,
    ) -> Result<ReadRow, String> {
        let whole = |column: usize| {
            record[column].parse::<i64>().map_err(|_| format!("`{}` is not a whole number", &record[column]))
        };
        let label = &record[self.label];
        let class = classes
            .iter()
            .position(|known| known == label)
            .ok_or_else(|| format!("the report knows no class `{label}`"))?;
        let probabilities = self.probabilities.iter().map(|column| {
            let text = &record[*column];
            let value = text.parse::<f64>().ok().filter(|value| (0.0..=1.0).contains(value));
            value.ok_or_else(|| format!("`{text}` is not a probability"))
        });
        if let Some(column) = self.symbol
            && **symbol != record[column]
        {
            *symbol = Arc::from(&record[column]);
        }
        Ok(ReadRow {
            key: RowKey {
                time: whole(self.time)?,
                symbol: Arc::clone(symbol),
                fold: usize::try_from(whole(self.fold)?).map_err(|_| "a fold is below zero".to_owned())?,
            },
            class: class as u8,
            probabilities: probabilities.collect::<Result<_, _>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "model,fold,timestamp,label,predicted,p_low,p_high\n";

    fn read(text: &str) -> Result<BTreeMap<String, Answers>, String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("predictions.csv");
        std::fs::write(&path, text).unwrap();
        let classes = ["low".to_owned(), "high".to_owned()];
        Answers::load(&path, &classes).map_err(|error| error.to_string())
    }

    #[test]
    fn rows_come_in_order_of_time_whatever_the_file_says() {
        let text = format!(
            "{HEADER}b,1,2000,high,high,0.25,0.75\na,0,1000,low,low,0.5,0.5\nb,0,1000,low,high,0.125,0.875\n"
        );
        let answers = read(&text).unwrap();
        let b = &answers["b"];
        assert_eq!(b.keys.iter().map(|key| key.time).collect::<Vec<_>>(), [1000, 2000]);
        assert_eq!(b.classes, [0, 1]);
        assert_eq!([b.row(0), b.row(1)], [&[0.125, 0.875], &[0.25, 0.75]]);
        assert_eq!(answers["a"].len(), 1);
        assert!(!b.repeats_rows());
    }

    #[test]
    fn rows_of_several_folds_or_symbols_are_told() {
        let repeated = read(&format!("{HEADER}a,0,1000,low,low,1,0\na,1,1000,low,low,1,0\n")).unwrap();
        assert!(repeated["a"].repeats_rows() && !repeated["a"].repeats_keys());
        let twice = read(&format!("{HEADER}a,0,1000,low,low,1,0\na,0,1000,low,low,1,0\n")).unwrap();
        assert!(twice["a"].repeats_keys());
        let header = HEADER.replace("fold,", "fold,symbol,");
        let pool = read(&format!("{header}a,0,Y,1000,low,low,1,0\na,0,X,1000,low,low,1,0\n")).unwrap();
        assert!(!pool["a"].repeats_rows());
        assert_eq!(&*pool["a"].keys[0].symbol, "X");
    }

    #[test]
    fn a_damaged_line_is_named() {
        for (line, expected) in [
            ("a,0,1000,low,low,0.5", ":3: "),
            ("a,0,noon,low,low,0.5,0.5", ":3: the predictions are damaged (`noon`"),
            ("a,0,1000,middle,low,0.5,0.5", "no class `middle`"),
            ("a,0,1000,low,low,0.5,NaN", "`NaN` is not a probability"),
            ("a,0,1000,low,low,0.5,1.5", "`1.5` is not a probability"),
            ("a,-1,1000,low,low,0.5,0.5", "below zero"),
        ] {
            let message = read(&format!("{HEADER}a,0,500,low,low,0.5,0.5\n{line}\n")).unwrap_err();
            assert!(message.contains(expected) && !message.contains('\n'), "{message}");
        }
        assert!(read("model,fold,timestamp,label,p_low\n").unwrap_err().contains("no column p_high"));
    }
}

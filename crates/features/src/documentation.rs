//! The documentation of all features as Markdown, from their own descriptions.

use market::Timeframe;

use crate::catalogue::every_column;
use crate::feature_set::FeatureSet;
use crate::schema::{Column, Group};
use crate::sets::SETS;
use crate::spec::{FeatureSpec, FeatureSpecError};

/// Timeframes whose columns are compared to find out what depends on the timeframe.
const OTHER_TIMEFRAMES: [Timeframe; 3] = [Timeframe::MINUTE, Timeframe::HOUR, Timeframe::DAY];

/// Where a column that TA-Lib has too differs from it: the columns, what they do here, what TA-Lib does,
/// and why.
const DIFFERENCES_FROM_TA_LIB: [[&str; 4]; 6] = [
    [
        "`rsi` and its thresholds",
        "50 when there was neither gain nor loss",
        "0",
        "0 would say that the market only fell; nothing happened",
    ],
    [
        "`stoch_k_14`, `stoch_d_3`, `williams_r_14`",
        "the middle (50, 50, −50) when 14 bars have no range",
        "0, 0 and 0: the lowest place of one, the highest of the other",
        "a close that is both the highest and the lowest is in the middle, and %R stays %K − 100",
    ],
    [
        "`mfi_14`",
        "50 without flow, and only then; moves of the typical price within 1e-12 are none",
        "0 without flow; older versions also when the flow of 14 bars is below 1",
        "a limit in units of money makes the index depend on the symbol's units, and rounding of the typical \
         price is no move",
    ],
    [
        "`adx_14`",
        "a bar at which +DI and −DI are both 0 counts 0 in the average",
        "such a bar is left out and the average keeps its value",
        "ADX falls while nothing moves, and a restart reaches the value of a long run",
    ],
    [
        "`cci_20`",
        "0 when the mean deviation is within 1e-12 of the mean",
        "0 only when it is exactly 0",
        "the mean of equal prices may round, which must not decide the sign",
    ],
    [
        "`bars_since_high_*`, `bars_since_low_*`",
        "the newest of several equal extremes",
        "(MAXINDEX, MININDEX) the newest, but the oldest once an earlier extreme has left the window",
        "the answer depends on the bars of the window only, so a restart gives the same",
    ],
];

/// Everything about every feature on bars of `timeframe`: the sets with what they are for, a table for each
/// group, and where definitions differ from TA-Lib.
///
/// # Errors
/// [`FeatureSpecError`] when a set does not exist on bars of this timeframe.
pub fn documentation(timeframe: Timeframe) -> Result<String, FeatureSpecError> {
    let sets = SETS
        .iter()
        .map(|&(name, about)| DocumentedSet::new(name, about, timeframe))
        .collect::<Result<Vec<_>, _>>()?;
    let mut columns = every_column(timeframe);
    for column in sets.iter().flat_map(|set| &set.columns) {
        if columns.iter().all(|known| known.name != column.name) {
            columns.push(column.clone());
        }
    }
    let others: Vec<Vec<Column>> = OTHER_TIMEFRAMES
        .iter()
        .filter(|other| **other != timeframe)
        .map(|&other| every_column(other))
        .collect();
    let mut text = head(timeframe);
    text.push_str("\n## Sets\n");
    for set in &sets {
        set.describe(&mut text);
    }
    text.push_str(LARGER_TIMEFRAMES);
    let mut groups: Vec<Group> = Vec::new();
    for column in &columns {
        if !groups.contains(&column.group) {
            groups.push(column.group);
        }
    }
    for group in groups {
        let members = columns.iter().filter(|column| column.group == group);
        push(&mut text, &format!("\n## {}\n\n{}", title(group), table_head(&TABLE)));
        for column in members {
            push(&mut text, &row(column, &sets, &others));
        }
    }
    differences(&mut text);
    Ok(text)
}

/// How features of larger bars are asked for: they are not columns of their own but every column again.
const LARGER_TIMEFRAMES: &str = "\n### Larger timeframes\n\nThe name of a set or column with `@` and a larger \
timeframe behind it, such as `extended@1h` or `rsi@4h`, is the same on bars of that timeframe, made from the \
bars at hand. A larger bar is seen from the bar on with which it closes, never before; until the next one \
closes its values hold. first and settled then count the bars at hand.\n";

/// Heads of the tables of features.
const TABLE: [&str; 8] = ["name", "formula", "source", "unit", "range", "first", "settled", "sets"];

/// A set with all its columns, second names included.
struct DocumentedSet {
    name: &'static str,
    about: &'static str,
    columns: Vec<Column>,
    first: usize,
    settled: usize,
}

impl DocumentedSet {
    fn new(name: &'static str, about: &'static str, timeframe: Timeframe) -> Result<Self, FeatureSpecError> {
        let spec =
            FeatureSpec { sets: vec![name.to_owned()], keep_duplicates: true, ..FeatureSpec::documented() };
        let set = FeatureSet::resolve(&spec, timeframe)?;
        let schema = set.schema();
        let (first, settled) = (schema.first(), schema.settled());
        Ok(Self { name, about, columns: schema.columns().to_vec(), first, settled })
    }

    fn contains(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name == name)
    }

    fn describe(&self, text: &mut String) {
        let Self { name, about, columns, first, settled } = self;
        let columns = columns.len();
        push(
            text,
            &format!(
                "\n### `{name}`\n\n{about}\n\n{columns} columns; all have a value from bar {first} on and are settled from bar {settled} on.\n"
            ),
        );
    }
}

fn head(timeframe: Timeframe) -> String {
    format!(
        "<!-- Generated: cargo run -p features --example document > docs/features.md -->\n\n\
         # Features\n\n\
         What a model can be given about a bar, known when the bar closes. `[features] sets` in a run's \
         configuration names sets or single columns; `drop` leaves columns out.\n\n\
         - **first**: bars from the start of a segment until the column has a value. \
         **settled**: bars until a cold start agrees with a start long ago to 1e-9 of the column's scale; \
         rows before that are neither trained on nor predicted from. A segment starts at the first bar and \
         after every hole that is longer than the gap policy allows.\n\
         - Numbers are those of {timeframe} bars. † marks columns whose window is 7 days of bars below 1h, 30 days of bars from 1h to below 1d, and 252 \
         bars from 1d on, so that their bars, and their formula where it names them, differ on other timeframes. The windows and strides of catch22 and tsfresh are those of a run that \
         sets neither `window_bars` nor `stride_bars`.\n\
         - **source** is \"—\" where the formula is plain arithmetic. n bars end with the newest, itself \
         included. SMA, EMA, std are of the newest n values; std has n − 1 in the denominator unless the \
         formula says otherwise. \"as TA_…\" means the same numbers as that function of TA-Lib, apart from \
         [what differs on purpose](#where-definitions-differ-from-ta-lib).\n\
         - Every value is finite. What a column is where its formula would divide by nothing stands in the \
         formula.\n"
    )
}

fn row(column: &Column, sets: &[DocumentedSet], others: &[Vec<Column>]) -> String {
    let Column { name, formula, source, unit, range, first, settled, same_as, .. } = column;
    let mark = if depends_on_timeframe(column, others) { "†" } else { "" };
    let in_sets: Vec<&str> = sets.iter().filter(|set| set.contains(name)).map(|set| set.name).collect();
    let in_sets = if in_sets.is_empty() { "—".to_owned() } else { in_sets.join(", ") };
    let source = if source.is_empty() { "—" } else { source };
    let second = same_as.as_ref().map_or(String::new(), |original| format!(" (always equals `{original}`)"));
    let [formula, source, unit, range] = [formula.as_str(), source, unit, range].map(escaped);
    format!(
        "| `{name}` | {formula}{second} | {source} | {unit} | {range} | {first}{mark} | {settled}{mark} | {in_sets} |\n"
    )
}

/// True when another timeframe has the column with another formula or warm-up, or has none of this name.
fn depends_on_timeframe(column: &Column, others: &[Vec<Column>]) -> bool {
    others.iter().any(|columns| columns.iter().all(|other| other != column))
}

fn differences(text: &mut String) {
    text.push_str("\n## Where definitions differ from TA-Lib\n\n");
    text.push_str(&table_head(&["columns", "here", "TA-Lib", "why"]));
    for [columns, here, there, why] in DIFFERENCES_FROM_TA_LIB {
        push(text, &format!("| {columns} | {here} | {there} | {why} |\n"));
    }
}

fn table_head(names: &[&str]) -> String {
    format!("| {} |\n|{}\n", names.join(" | "), "---|".repeat(names.len()))
}

/// Text that Markdown shows as it is in a cell of a table.
fn escaped(text: &str) -> String {
    ["|", "*", "<"].iter().fold(text.to_owned(), |text, sign| text.replace(sign, &format!("\\{sign}")))
}

fn push(text: &mut String, more: &str) {
    text.push_str(more);
}

fn title(group: Group) -> &'static str {
    match group {
        Group::Technical => "Technical: classical indicators",
        Group::Microstructure => "Microstructure: the bar, volume, short returns",
        Group::Volatility => "Volatility: how far prices move",
        Group::Momentum => "Momentum: where prices are going",
        Group::Volume => "Volume: how much is traded",
        Group::Statistics => "Statistics: the distribution of returns",
        Group::Calendar => "Calendar: the hour and the day",
        Group::OrderFlow => "Order flow: who takes the other side",
        Group::Alpha => "Alphas: published formulas",
        Group::Catch22 => "catch22: 22 canonical characteristics of a series",
        Group::Tsfresh => "tsfresh: characteristics as tsfresh names them",
        Group::CrossAsset => "Cross-asset: other symbols",
        Group::Forecast => "Forecast: what a forecaster expects",
    }
}

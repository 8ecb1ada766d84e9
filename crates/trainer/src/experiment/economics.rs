//! What trading on the out-of-sample predictions would have brought, after costs.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use evaluation::{
    BacktestOverfitting, Decision, DirectionExposure, Grouping, Judgement, Ledger, MINIMUM_TRIALS,
    Predictions, SharpeSample, SplitScheme, TestRow, Trials, VolatilityExposure, combinatorial_overfitting,
    compare, cost_sensitivity, group_economics, path_overfitting, periods_per_year, top,
};
use labels::LabelKind;
use market::{Classes, Taxonomy, Timestamp};

use crate::config::Config;
use crate::dataset::{Dataset, FoldLabels, SymbolBars};
use crate::experiment::Experiment;
use crate::experiment::fold::Fold;
use crate::experiment::groupings::recent_volatility;
use crate::report::{EconomicGroups, EconomicsReport, EquityPoint, ModelEconomics};
use crate::train::output::Tried;

/// Fees at which results are shown, in hundredths of a percent.
const FEES_BPS: [f64; 6] = [0.0, 1.0, 2.0, 5.0, 10.0, 20.0];
/// Blocks of time between which the best strategy is chosen and judged.
const OVERFITTING_BLOCKS: usize = 16;
/// Points of the curve of capital.
const EQUITY_POINTS: usize = 1500;

/// From probabilities to the share of capital in the market.
enum Rule {
    Direction(DirectionExposure),
    /// Of each fold, by its number: what its training rows say a class's volatility is.
    Volatility(BTreeMap<usize, VolatilityExposure>),
}

/// The rows that are traded on.
#[derive(Clone, Copy)]
pub(crate) struct Traded<'a> {
    pub(crate) rows: &'a [TestRow],
    pub(crate) folds: &'a [Fold],
    pub(crate) labels: &'a FoldLabels,
}

/// Everything that trading needs beside the predictions.
struct Trading<'a> {
    config: &'a Config,
    dataset: &'a Dataset<'a>,
    traded: Traded<'a>,
    rule: Rule,
    /// `[path][symbol]`: rows by their place among the pooled ones, in order of time.
    paths: Vec<Vec<Vec<usize>>>,
}

/// Trades on every model and baseline.
pub(crate) fn economics(
    config: &Config,
    dataset: &Dataset<'_>,
    experiment: &Experiment,
    tried: &Tried,
) -> Result<EconomicsReport> {
    let traded = Traded { rows: &experiment.rows, folds: &experiment.folds, labels: &experiment.labels };
    let rule = match rule(config, dataset, traded) {
        Ok(rule) => rule,
        Err(why) => {
            return Ok(EconomicsReport {
                not_applicable: Some(why.to_string()),
                ..EconomicsReport::default()
            });
        }
    };
    let paths = paths(config, dataset, traded);
    let trading = Trading { config, dataset, traded, rule, paths };
    let named: Vec<(&str, &Predictions)> = config
        .scored_names()
        .into_iter()
        .zip(&experiment.predictions)
        .filter_map(|(name, said)| Some((name, said.as_ref()?)))
        .collect();
    let baselines = experiment.baseline_predictions.iter().map(|(baseline, said)| (baseline.name(), said));
    let everyone: Vec<(&str, &Predictions)> = named.iter().copied().chain(baselines).collect();
    let mut ratios = BTreeMap::new();
    // `[path][strategy][period]` of the first symbol.
    let mut returns: Vec<Vec<Vec<f64>>> = vec![Vec::new(); trading.paths.len()];
    for (name, said) in &everyone {
        let mut own = Vec::new();
        for (path, symbols) in trading.paths.iter().enumerate() {
            for symbol in 0..symbols.len() {
                let net = trading.ledger(path, symbol, said)?.net_returns();
                own.extend(SharpeSample::of(&net).map(|sample| sample.ratio));
                if symbol == 0 {
                    returns[path].push(net);
                }
            }
        }
        if !own.is_empty() {
            ratios.insert((*name).to_owned(), own.iter().sum::<f64>() / own.len() as f64);
        }
    }
    let of_models = named.iter().filter_map(|(name, _)| ratios.get(*name).copied());
    let known: Vec<f64> = tried.past_ratios.iter().copied().chain(of_models).collect();
    let trials = match Trials::of(&known) {
        Some(known) => Some(Trials { count: tried.count as u64, ..known }),
        None => (tried.count == 1).then_some(Trials { count: 1, variance: 0.0 }),
    };
    let mut models = Vec::new();
    for (name, said) in &named {
        for symbol in 0..dataset.symbols.len() {
            models.extend(trading.judged(name, symbol, said, trials)?);
        }
    }
    let (overfitting, overfitting_missing) = match overfitting(&returns, dataset.symbols.len()) {
        Ok(found) => (Some(found), None),
        Err(why) => (None, Some(why.to_string())),
    };
    let year = dataset.symbols[0].series();
    let annual = periods_per_year(year).map_or(1.0, f64::sqrt);
    Ok(EconomicsReport {
        rule: trading.rule.words(config),
        not_applicable: None,
        models,
        sharpe_ratios: ratios.into_iter().map(|(name, ratio)| (name, ratio * annual)).collect(),
        overfitting,
        overfitting_missing,
    })
}

/// Net returns per period of one model on the first symbol, along the first way through time.
pub(crate) fn net_returns(
    config: &Config,
    dataset: &Dataset<'_>,
    traded: Traded<'_>,
    said: &Predictions,
) -> Result<Vec<f64>> {
    let rule = rule(config, dataset, traded)?;
    let paths = paths(config, dataset, traded);
    let trading = Trading { config, dataset, traded, rule, paths };
    Ok(trading.ledger(0, 0, said)?.net_returns())
}

/// The rule that the classes of the label allow.
fn rule(config: &Config, dataset: &Dataset<'_>, traded: Traded<'_>) -> Result<Rule> {
    let settings = &config.economics;
    let classes = traded.labels.classes();
    let is_volatility = classes.taxonomy() == Taxonomy::Volatility
        || matches!(config.label.kind, LabelKind::Hmm | LabelKind::Jump);
    let is_named = settings.bullish.is_some() || settings.bearish.is_some();
    if is_volatility && !is_named {
        let year = periods_per_year(dataset.symbols[0].series())
            .ok_or_else(|| anyhow!("the bars are too few to tell how many make a year"))?;
        let target = settings.target_volatility.map(|target| target / year.sqrt());
        let of_fold = traded.folds.iter().map(|fold| {
            let (of_class, mean) = &fold.volatility;
            let of_class = of_class.iter().map(|volatility| volatility.unwrap_or(*mean)).collect();
            Ok((fold.number, VolatilityExposure::new(of_class, target.unwrap_or(*mean))?))
        });
        return Ok(Rule::Volatility(of_fold.collect::<Result<_>>()?));
    }
    let bullish = chosen(settings.bullish.as_deref(), classes, "bull", "economics.bullish")?;
    let bearish = chosen(settings.bearish.as_deref(), classes, "bear", "economics.bearish")?;
    if bullish.is_empty() && bearish.is_empty() {
        return Err(anyhow!(
            "none of the classes {} says which way the price goes; name some in economics.bullish and economics.bearish",
            classes.names().join(", ")
        ));
    }
    Ok(Rule::Direction(DirectionExposure::new(
        bullish,
        bearish,
        settings.threshold,
        1.0,
        settings.long_only,
    )?))
}

/// Places of the classes that are named, or whose names hold a word.
fn chosen(named: Option<&[String]>, classes: &Classes, word: &str, key: &str) -> Result<Vec<usize>> {
    let Some(named) = named else {
        let holds = |(_, name): &(usize, &String)| name.contains(word);
        return Ok(classes.names().iter().enumerate().filter(holds).map(|(place, _)| place).collect());
    };
    let place = |name: &String| {
        classes.index(name).map(usize::from).ok_or_else(|| {
            anyhow!("{key}: there is no class {name}; the label has {}", classes.names().join(", "))
        })
    };
    named.iter().map(place).collect()
}

/// The rows of each way through time. Where a split answers rows several times, the n-th answer of each row in
/// order of the folds makes the n-th path of a combinatorial split, and each draw of Monte Carlo is a path.
fn paths(config: &Config, dataset: &Dataset<'_>, traded: Traded<'_>) -> Vec<Vec<Vec<usize>>> {
    let scheme = config.validation.scheme();
    let draws: Vec<usize> = traded.folds.iter().map(|fold| fold.number).collect();
    let mut paths: Vec<Vec<Vec<usize>>> = Vec::new();
    let mut previous = None;
    let mut answered = 0;
    for (place, row) in traded.rows.iter().enumerate() {
        answered = if previous == Some(row.bar) { answered + 1 } else { 0 };
        previous = Some(row.bar);
        let path = match scheme {
            SplitScheme::MonteCarlo(_) => draws.binary_search(&row.fold).unwrap_or(0),
            _ => answered,
        };
        if paths.len() <= path {
            paths.resize(path + 1, vec![Vec::new(); dataset.symbols.len()]);
        }
        paths[path][dataset.place(row.bar).0].push(place);
    }
    paths
}

/// How probably the best strategy is only the luckiest.
fn overfitting(returns: &[Vec<Vec<f64>>], symbols: usize) -> Result<BacktestOverfitting> {
    let strategies = returns.first().map_or(0, Vec::len);
    if symbols > 1 {
        return Err(anyhow!("it is computed for one symbol"));
    }
    if strategies < MINIMUM_TRIALS {
        return Err(anyhow!("{strategies} strategies are too few to compare, {MINIMUM_TRIALS} are needed"));
    }
    Ok(match returns {
        [only] => combinatorial_overfitting(only, OVERFITTING_BLOCKS)?,
        paths => path_overfitting(paths, OVERFITTING_BLOCKS)?,
    })
}

impl EconomicsReport {
    /// One line for the terminal.
    pub(crate) fn in_short(&self) -> String {
        match &self.not_applicable {
            Some(why) => format!("not applicable: {why}"),
            None => "traded after costs".to_owned(),
        }
    }

    /// Sharpe ratio per period of each of the config's models, for those who try next.
    pub(crate) fn ratios_of_models(&self, config: &Config, dataset: &Dataset<'_>) -> BTreeMap<String, f64> {
        let annual = periods_per_year(dataset.symbols[0].series()).map_or(1.0, f64::sqrt);
        let of_models = config.scored_names().into_iter();
        of_models.filter_map(|name| Some((name.to_owned(), self.sharpe_ratios.get(name)? / annual))).collect()
    }
}

impl Rule {
    fn exposure(&self, fold: usize, probabilities: &[f64]) -> f64 {
        match self {
            Self::Direction(rule) => rule.of(probabilities),
            Self::Volatility(of_fold) => of_fold.get(&fold).map_or(0.0, |rule| rule.of(probabilities)),
        }
    }

    fn words(&self, config: &Config) -> String {
        let settings = &config.economics;
        let trade = format!(
            "executed {}, {} bp fee and {} bp slippage a side; changes below {} are not traded",
            match settings.delay_bars {
                0 => "at the close that decides, earning from the next bar on".to_owned(),
                bars => format!("{bars} bar(s) after the close that decides"),
            },
            settings.fee_bps,
            settings.slippage_bps,
            settings.smallest_change
        );
        let rule = match self {
            Self::Direction(_) => format!(
                "exposure = p(rise) − p(fall), flat below {}{}",
                settings.threshold,
                if settings.long_only { ", long only" } else { "" }
            ),
            Self::Volatility(_) => format!(
                "exposure = min(1, target / expected volatility), long only; what a class's volatility is was measured on each fold's training rows, target {}",
                match settings.target_volatility {
                    Some(target) => format!("{:.0}% a year", 100.0 * target),
                    None => "their mean".to_owned(),
                }
            ),
        };
        format!("{rule}; {trade}")
    }
}

impl Trading<'_> {
    fn decisions(&self, path: usize, symbol: usize, said: &Predictions) -> Vec<Decision> {
        let k = self.traded.labels.classes().len();
        let decision = |place: &usize| {
            let row = &self.traded.rows[*place];
            let exposure = self.rule.exposure(row.fold, said.row(*place, k));
            Decision { bar: self.dataset.place(row.bar).1, exposure }
        };
        self.paths[path][symbol].iter().map(decision).collect()
    }

    fn ledger(&self, path: usize, symbol: usize, said: &Predictions) -> Result<Ledger> {
        let series = self.dataset.symbols[symbol].series();
        Ok(Ledger::of(series, &self.decisions(path, symbol, said), self.config.economics.execution())?)
    }

    /// One model on one symbol; none when it has no rows there.
    fn judged(
        &self,
        model: &str,
        symbol: usize,
        said: &Predictions,
        trials: Option<Trials>,
    ) -> Result<Option<ModelEconomics>> {
        let bars = &self.dataset.symbols[symbol];
        let series = bars.series();
        let Some(year) = periods_per_year(series) else { return Ok(None) };
        let Some(path) = (0..self.paths.len()).find(|path| !self.paths[*path][symbol].is_empty()) else {
            return Ok(None);
        };
        let judgement = Judgement {
            periods_per_year: year,
            trials,
            least_block: 2.0 * self.config.label.horizon as f64,
            draws: self.config.report.bootstrap_draws,
            seed: self.config.seed,
        };
        let execution = self.config.economics.execution();
        let decisions = self.decisions(path, symbol, said);
        let ledger = Ledger::of(series, &decisions, execution)?;
        let held = Ledger::constant(series, &decisions, 1.0, execution)?;
        let flat = Ledger::constant(series, &decisions, 0.0, execution)?;
        let Some(result) = compare(&ledger, &held, &flat, judgement) else { return Ok(None) };
        let path_sharpe_ratios = (0..self.paths.len())
            .map(|path| {
                let net = self.ledger(path, symbol, said)?.net_returns();
                Ok(SharpeSample::of(&net).map(|sample| sample.ratio * year.sqrt()))
            })
            .collect::<Result<_>>()?;
        let mut fees = FEES_BPS.to_vec();
        if !fees.contains(&execution.fee_bps) {
            fees.push(execution.fee_bps);
            fees.sort_by(f64::total_cmp);
        }
        let delays = [execution.delay_bars, execution.delay_bars + 1];
        Ok(Some(ModelEconomics {
            model: model.to_owned(),
            symbol: series.symbol().to_owned(),
            result,
            path_sharpe_ratios,
            groups: self.groups(bars, &ledger, &self.paths[path][symbol], said, judgement),
            sensitivity: cost_sensitivity(series, &decisions, execution, &fees, &delays, year)?,
            equity: equity(bars, &ledger, &held),
        }))
    }

    /// By predicted class, month and volatility.
    fn groups(
        &self,
        bars: &SymbolBars<'_>,
        ledger: &Ledger,
        rows: &[usize],
        said: &Predictions,
        judgement: Judgement,
    ) -> Vec<EconomicGroups> {
        let classes = self.traded.labels.classes();
        let mut predicted = vec![None; bars.series().len()];
        for place in rows {
            let bar = self.traded.rows[*place].bar - bars.offset;
            predicted[bar] = Some(top(said.row(*place, classes.len())));
        }
        let of_periods = |of_bar: &[Option<usize>]| -> Vec<Option<usize>> {
            ledger.periods.iter().map(|period| of_bar[period.bar]).collect()
        };
        let regime = Grouping::new(classes.names().to_vec(), of_periods(&predicted));
        let times: Vec<Timestamp> =
            ledger.periods.iter().map(|period| bars.open_times()[period.bar]).collect();
        let volatility = recent_volatility(bars.series());
        let volatility: Vec<Option<f64>> =
            ledger.periods.iter().map(|period| volatility[period.bar]).collect();
        [
            ("regime", regime),
            ("month", Grouping::by_month(&times)),
            ("volatility", Grouping::by_tercile(&volatility)),
        ]
        .map(|(by, grouping)| EconomicGroups {
            by: by.to_owned(),
            groups: group_economics(ledger, &grouping, judgement),
        })
        .into()
    }
}

/// Compounded capital after each period, thinned.
fn equity(bars: &SymbolBars<'_>, ledger: &Ledger, held: &Ledger) -> Vec<EquityPoint> {
    let (mut strategy, mut market) = (1.0, 1.0);
    let n = ledger.periods.len();
    let step = n.div_ceil(EQUITY_POINTS).max(1);
    let mut points = Vec::new();
    for (place, (own, other)) in ledger.periods.iter().zip(&held.periods).enumerate() {
        strategy *= 1.0 + own.net();
        market *= 1.0 + other.net();
        if place % step == 0 || place + 1 == n {
            let time = bars.series().bars()[own.bar + 1].close_time;
            points.push(EquityPoint { time, strategy, held: market });
        }
    }
    points
}

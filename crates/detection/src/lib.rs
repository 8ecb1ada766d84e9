//! How well regimes are found where the truth is known.
//!
//! Comes in: a preset of the synthetic market, a number of bars and seeds ([`Study`]). Goes out: a [`Report`] of
//! detectors against the states that made the bars: balanced accuracies, delays and flicker as means over draws, beside
//! what a Bayes filter that knows the generator's parameters can see, and the gates that they must meet.
//!
//! Every detector answers for a bar from the bars up to it, and what it fits it fits on the training half of a draw.
//! Only the Bayes filter is told parameters and only the forest is told states, those of the training half; states
//! found without labels are named by their means. The settings are constants, chosen on other draws than those the
//! gates are judged on. Says nothing about real markets, where nobody knows the truth.

mod answer;
mod bayes_filter;
mod detector;
mod draw;
mod duration_chain;
mod fixed_rule;
mod forest;
mod gates;
mod hidden_states;
mod hysteresis;
mod jump_states;
mod mirrored;
mod report;
mod scores;
mod smoothed_inputs;
mod state_naming;
mod study;
mod summary;

pub use answer::{Answer, Answers};
pub use bayes_filter::BayesFilter;
pub use detector::{Detector, DetectorError, Knowledge};
pub use draw::Draw;
pub use forest::{ForestProbabilities, PROBABILITY_HALF_LIFE, forest_columns};
pub use gates::{GATE_BARS, Gate, Side, Verdict, gate_draws};
pub use report::{DetectorReport, DrawReport, Report};
pub use scores::{Scores, SwitchScores};
pub use study::{MINIMUM_BARS, Study, StudyError};
pub use summary::{BalancedAccuracies, Spread, Summary, SwitchSummary};

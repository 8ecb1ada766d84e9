//! The sealed final period.

use evaluation::SealedPeriod;
use proptest::prelude::*;

use super::random_market::{RandomMarket, at, random_market};

#[test]
fn the_newest_share_is_cut_off_with_the_labels_that_reach_into_it() {
    let market = RandomMarket::plain(100, 2, 3);
    let rows = SealedPeriod::Share(0.1).cut(&market.bars());
    assert_eq!(rows.sealed, (90..100).collect::<Vec<_>>());
    // Row 86 needs bars 87 to 89, row 87 needs bar 90.
    assert_eq!(rows.purged, [87, 88, 89]);
    assert_eq!(rows.open, (0..87).collect::<Vec<_>>());
    assert_eq!(SealedPeriod::From(at(90)).cut(&market.bars()), rows);
}

#[test]
fn a_seal_behind_the_end_seals_nothing() {
    let market = RandomMarket::plain(100, 2, 3);
    let rows = SealedPeriod::From(at(1000)).cut(&market.bars());
    assert_eq!((rows.open.len(), rows.purged.len(), rows.sealed.len()), (100, 0, 0));
    // A share below one row, too, though labels look beyond the last bar.
    assert_eq!(SealedPeriod::Share(0.001).cut(&market.bars()).open.len(), 100);
}

#[test]
fn a_share_must_be_one() {
    let error = SealedPeriod::Share(1.5).validate().unwrap_err().to_string();
    assert_eq!(error, "share: 1.5 is not a share between 0 and 1");
    assert!(SealedPeriod::From(at(0)).validate().is_ok());
    let read: SealedPeriod = serde_json::from_str(r#"{"share": 0.1}"#).unwrap();
    assert_eq!(read, SealedPeriod::Share(0.1));
}

proptest! {
    #[test]
    fn no_open_row_needs_a_sealed_bar(
        market in random_market(),
        share in 0.01..0.6,
        from in proptest::option::of(0_usize..200),
    ) {
        let seal = from.map_or(SealedPeriod::Share(share), |slot| SealedPeriod::From(at(slot)));
        let rows = seal.cut(&market.bars());
        let mut all = [&rows.open[..], &rows.purged, &rows.sealed].concat();
        all.sort_unstable();
        prop_assert_eq!(&all, &market.usable);
        if let Some(first) = rows.sealed.first() {
            let begins = market.open_times[*first];
            for bar in &rows.open {
                prop_assert!(market.open_times[*bar] < begins);
                prop_assert!(market.labels[*bar].is_none_or(|label| label.until < begins));
            }
            if from.is_none() {
                prop_assert!(rows.purged.iter().all(|bar| market.label(*bar).until >= begins));
            }
        }
    }
}

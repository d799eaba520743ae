//! An identity is never printed: not alone, and not in anything that carries one.

use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr};

use fairslot::{AccountId, Booking, DeviceId, PatientId, PaymentRef, Request, RequestId, What};

use crate::desk::{ask, desk, events, publish};

/// Distinct, and telling digits in decimal and hexadecimal wherever one looks.
const IDENTITIES: [u128; 5] = [
    0x1111_2222_3333_4444_5555_6666_7777_8888,
    0x9999_aaaa_bbbb_cccc_dddd_eeee_ffff_0123,
    0x4567_89ab_cdef_0f1e_2d3c_4b5a_6978_8796,
    0xdead_beef_cafe_babe_8bad_f00d_1bad_b002,
    330_106_199_001_011_234,
];

/// Neither an identity nor a tell-tale part of one is in what `Debug` shows, plain or pretty.
fn assert_silent(value: &impl Debug) {
    let shown = format!("{value:?} {value:#?}").to_lowercase();
    for identity in IDENTITIES {
        let texts = [format!("{identity}"), format!("{identity:x}")];
        for part in texts
            .iter()
            .flat_map(|text| [&text[..8], &text[text.len() - 8..]])
        {
            assert!(!shown.contains(part), "{part} in {shown}");
        }
    }
}

#[test]
fn identities_are_shown_as_fingerprints() {
    for bits in IDENTITIES {
        let patient = PatientId::new(bits);
        assert_silent(&patient);
        assert_silent(&AccountId::new(bits));
        assert_silent(&DeviceId::new(bits));
        assert_silent(&RequestId::new(bits));
        assert_silent(&PaymentRef::new(bits));
        // The same one is known again within a process.
        assert_eq!(
            format!("{patient:?}"),
            format!("{:?}", PatientId::new(bits))
        );
    }
}

#[test]
fn nothing_that_carries_an_identity_shows_it() {
    let [patient, account, device, name, payment] = IDENTITIES;
    let patient = PatientId::new(patient);
    let (engine, _clock) = desk();
    let schedule = publish(&engine, 2);
    let listener = engine.observe(100);
    let request = Request::new(patient, schedule)
        .id(RequestId::new(name))
        .account(AccountId::new(account))
        .device(DeviceId::new(device))
        .network(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
    assert_silent(&request);
    let outcome = engine.request(&request);
    assert_silent(&outcome);
    let hold = outcome.held().expect("free");
    let booking = engine.confirm(hold.id, patient, Some(PaymentRef::new(payment)));
    assert_silent(&booking);
    let due_back = Booking {
        payment_due_back: Some(PaymentRef::new(payment)),
        ..booking.expect("live").wait().expect("decided in memory")
    };
    assert_silent(&due_back);
    assert_silent(&ask(&engine, patient, schedule));

    let told = events(&listener);
    assert!(
        told.iter()
            .any(|event| matches!(event.what, What::Confirmed { .. }))
    );
    assert!(told.iter().all(|event| event.patient == Some(patient)));
    told.iter().for_each(assert_silent);

    assert_silent(&engine);
    assert_silent(&engine.audit());
    assert_silent(&engine.stats());
    assert_silent(&listener);
}

//! The tests of the tests: what an honest service sends passes, and each way of cheating is caught under its name.

use crate::honest::{Scene, event_at};
use crate::support::checker::record::{Entry, Start};
use crate::support::checker::verdict::Fault;
use partner_service::grpc::pb;
use pb::watch_members_response::Payload;

type Messages = Vec<pb::WatchMembersResponse>;

/// The faults that a change to an honest stream makes the judge see.
fn faults(start: Start, cheat: impl FnOnce(&Scene, &mut Messages)) -> Vec<Fault> {
    let scene = Scene::new();
    let mut messages = scene.stream(start);
    cheat(&scene, &mut messages);
    scene.faults(&scene.record(start, messages))
}

fn swap_events(messages: &mut Messages, a: i64, b: i64) {
    let (a, b) = (event_at(messages, a), event_at(messages, b));
    messages.swap(a, b);
}

#[test]
fn an_honest_stream_passes_from_a_snapshot_and_from_now() {
    assert_eq!(faults(Start::Snapshot, |_, _| {}), []);
    assert_eq!(faults(Start::Now, |_, _| {}), []);
}

#[test]
fn a_resume_at_any_message_passes() {
    let scene = Scene::new();
    let messages = scene.stream(Start::Snapshot);
    for cut in 1..messages.len() {
        let mut record = scene.record(Start::Snapshot, messages.clone());
        let entry = Entry::Opened { start: Start::Resume(cut), min_position: 0, replica: 1 };
        record.push(entry);
        for message in &messages[cut..] {
            record.message(message.clone());
        }
        assert_eq!(scene.faults(&record), [], "cut after message {cut}");
    }
}

#[test]
fn an_event_left_out_is_lost_also_at_the_end() {
    let left_out = |position| {
        move |_: &Scene, messages: &mut Messages| {
            let index = event_at(messages, position);
            messages.remove(index);
        }
    };
    assert_eq!(faults(Start::Snapshot, left_out(11)), [Fault::Lost, Fault::Contacts]);
    let without_end = |_: &Scene, messages: &mut Messages| {
        messages.truncate(event_at(messages, 20));
    };
    assert_eq!(faults(Start::Snapshot, without_end), [Fault::Lost]);
}

#[test]
fn an_event_sent_again_is_doubled_also_after_a_resume() {
    let again = |_: &Scene, messages: &mut Messages| {
        let index = event_at(messages, 11);
        messages.insert(index + 1, messages[index].clone());
    };
    assert_eq!(faults(Start::Snapshot, again), [Fault::Doubled]);

    let scene = Scene::new();
    let messages = scene.stream(Start::Snapshot);
    let index = event_at(&messages, 11);
    let mut record = scene.record(Start::Snapshot, messages.clone());
    // entry 0 is the opening
    let start = Start::Resume(index + 1);
    record.push(Entry::Opened { start, min_position: 0, replica: 1 });
    for message in &messages[index..] {
        record.message(message.clone());
    }
    assert_eq!(scene.faults(&record), [Fault::Doubled]);
}

#[test]
fn events_in_the_wrong_order_are_reordered_and_not_lost() {
    let found = faults(Start::Snapshot, |_, messages| swap_events(messages, 11, 12));
    assert!(found.contains(&Fault::Reordered), "{found:?}");
    assert!(!found.contains(&Fault::Lost), "{found:?}");
}

#[test]
fn an_event_at_or_after_the_end_of_a_partnership_is_leaked() {
    let leak = |scene: &Scene, messages: &mut Messages| {
        let index = event_at(messages, 15);
        messages.insert(index + 1, scene.event_of_log(16));
    };
    let found = faults(Start::Snapshot, leak);
    assert!(found.contains(&Fault::Leaked), "{found:?}");
}

#[test]
fn an_event_of_a_deleted_contact_is_leaked() {
    let leak = |scene: &Scene, messages: &mut Messages| {
        let index = event_at(messages, 20);
        messages.insert(index, scene.event_of_log(19));
    };
    let found = faults(Start::Snapshot, leak);
    assert!(found.contains(&Fault::Leaked), "{found:?}");
}

#[test]
fn an_event_that_says_something_else_is_garbled() {
    let garble = |_: &Scene, messages: &mut Messages| {
        let index = event_at(messages, 11);
        if let Some(Payload::Event(event)) = &mut messages[index].payload {
            event.member.as_mut().unwrap().phone = "1".to_owned();
        }
    };
    // a phone that nobody shared is told, and held from then on
    assert_eq!(faults(Start::Snapshot, garble), [Fault::Garbled, Fault::Contacts]);
}

#[test]
fn a_snapshot_without_somebody_or_with_somebody_twice_or_with_a_stranger_is_wrong() {
    let without = |_: &Scene, messages: &mut Messages| {
        messages.remove(1);
    };
    assert!(faults(Start::Snapshot, without).contains(&Fault::Snapshot));
    let twice = |_: &Scene, messages: &mut Messages| messages.insert(1, messages[1].clone());
    assert!(faults(Start::Snapshot, twice).contains(&Fault::Doubled));
    let stranger = |_: &Scene, messages: &mut Messages| {
        if let Some(Payload::Contact(contact)) = &mut messages[1].payload {
            contact.member_id = uuid::Uuid::now_v7().to_string();
        }
    };
    assert!(faults(Start::Snapshot, stranger).contains(&Fault::Leaked));
    let not_as_of_it = |_: &Scene, messages: &mut Messages| {
        if let Some(Payload::Contact(contact)) = &mut messages[1].payload {
            contact.display_name = "later".to_owned();
        }
    };
    assert!(faults(Start::Snapshot, not_as_of_it).contains(&Fault::Snapshot));
}

#[test]
fn a_partners_snapshot_that_lacks_somebody_is_wrong() {
    let without = |_: &Scene, messages: &mut Messages| {
        let index = event_at(messages, 17);
        messages.remove(index + 1);
    };
    assert!(faults(Start::Snapshot, without).contains(&Fault::Snapshot));
}

#[test]
fn a_restored_contact_that_does_not_come_is_lost_and_one_too_many_leaked() {
    let without = |_: &Scene, messages: &mut Messages| {
        let index = event_at(messages, 20);
        // position 21 restores a contact
        messages.remove(index + 1);
    };
    assert!(faults(Start::Snapshot, without).contains(&Fault::Lost));
    let too_many = |_: &Scene, messages: &mut Messages| {
        // z, whom nobody ever deleted
        let contact = messages[3].clone();
        let index = event_at(messages, 20);
        messages.insert(index, contact);
    };
    assert!(faults(Start::Snapshot, too_many).contains(&Fault::Leaked));
}

#[test]
fn a_heartbeat_that_runs_ahead_goes_back_or_lies_inside_a_change_is_caught() {
    let beat = |scene: &Scene, before: i64, position: i64| {
        let mut messages = scene.stream(Start::Snapshot);
        let index = event_at(&messages, before);
        messages.insert(index, scene.heartbeat(position));
        scene.faults(&scene.record(Start::Snapshot, messages))
    };
    let scene = Scene::new();
    assert!(beat(&scene, 11, 11).contains(&Fault::Token), "ahead of the event at 11");
    assert_eq!(beat(&scene, 12, 10), [Fault::Token], "back behind 11");
    assert_eq!(beat(&scene, 14, 13), [Fault::Token], "between the two events of a move");
    assert_eq!(beat(&scene, 12, 11), []);
}

#[test]
fn a_message_that_says_it_is_of_another_position_is_caught() {
    let of_another =
        |index: usize| move |_: &Scene, messages: &mut Messages| messages[index].position += 1;
    for index in [0, 1, 4] {
        assert_eq!(faults(Start::Snapshot, of_another(index)), [Fault::Token], "message {index}");
    }
    let restored = |_: &Scene, messages: &mut Messages| {
        let index = event_at(messages, 20) + 1;
        messages[index].position -= 1;
    };
    assert_eq!(faults(Start::Snapshot, restored), [Fault::Token]);
}

#[test]
fn a_list_that_is_not_the_oracles_is_caught() {
    let scene = Scene::new();
    let mut record = scene.record(Start::Snapshot, scene.stream(Start::Snapshot));
    let honest = scene.listed();
    let listed = |contacts| Entry::Listed { position: scene.head(), contacts };
    record.entries.insert(0, listed(honest.clone()));
    assert_eq!(scene.faults(&record), []);
    record.entries[0] = listed(honest[1..].to_vec());
    assert_eq!(scene.faults(&record), [Fault::Contacts]);
}

#[test]
fn a_log_with_a_hole_or_an_event_twice_is_caught() {
    let scene = Scene::new();
    assert_eq!(scene.log_faults(|_| {}), []);
    assert_eq!(scene.log_faults(|rows| drop(rows.remove(5))), [Fault::Log]);
    assert_eq!(scene.log_faults(|rows| rows[5].event_id = rows[6].event_id), [Fault::Log]);
    assert_eq!(
        scene.log_faults(|rows| rows.last_mut().unwrap().last_of_change = false),
        [Fault::Log]
    );
}

//! Members registered many at a time: each is read, and answered, by itself.

use super::member::{new_member, shown};
use crate::account::register::{NewMember, Taken};
use crate::backend::Done;
use crate::entity::member;
use crate::error::Error;
use crate::grpc::fields::Fields;
use crate::grpc::transport::CallContext;
use crate::grpc::{pb, status};
use pb::batch_register_members_result::Outcome;
use prost::Message;

const MOST_MEMBERS: usize = 1_000;

/// The members of a request: those whose fields are good, and in each place what is wrong with the others.
pub struct Batch {
    pub good: Vec<NewMember>,
    pub bad: Vec<Option<Error>>,
}

pub fn register(fields: &mut Fields, body: pb::BatchRegisterMembersRequest) -> Batch {
    let pb::BatchRegisterMembersRequest { account_id: _, members, request_id: _, validate_only: _ } =
        body;
    let mut batch = Batch { good: Vec::new(), bad: Vec::new() };
    if !(1..=MOST_MEMBERS).contains(&members.len()) {
        fields.bad("members", "must be 1 to 1000 members");
        return batch;
    }
    for (index, member) in members.into_iter().enumerate() {
        let mut own = Fields::default();
        let new = new_member(&mut own, &format!("members[{index}]"), member);
        match own.finish() {
            Ok(()) => {
                batch.good.push(new);
                batch.bad.push(None);
            }
            Err(error) => batch.bad.push(Some(error)),
        }
    }
    batch
}

/// What became of each, in the order of the request; a dry run shows no ids, and the head as every position.
pub fn results(
    call: &CallContext,
    bad: Vec<Option<Error>>,
    done: Done<Vec<Result<member::Model, Taken>>>,
    dry: bool,
) -> Vec<pb::BatchRegisterMembersResult> {
    let Done { answer, position: head } = done;
    let mut answers = answer.into_iter();
    let of_good = |answer: Option<Result<member::Model, Taken>>| match answer {
        Some(Ok(row)) => registered(row, dry.then_some(head)),
        Some(Err(taken)) => refused(call, &taken.into()),
        None => refused(call, &Error::internal("a registration was not answered")),
    };
    bad.into_iter()
        .map(|bad| bad.map_or_else(|| of_good(answers.next()), |error| refused(call, &error)))
        .collect()
}

fn registered(row: member::Model, dry_at: Option<i64>) -> pb::BatchRegisterMembersResult {
    let position = dry_at.unwrap_or(row.position);
    let mut member = shown(row);
    if dry_at.is_some() {
        member.id.clear();
    }
    pb::BatchRegisterMembersResult { outcome: Some(Outcome::Member(member)), position }
}

fn refused(call: &CallContext, error: &Error) -> pb::BatchRegisterMembersResult {
    let (status, _) = status::of(error, call.request_id());
    // with_error_details puts the whole google.rpc.Status there
    let status = tonic_types::Status::decode(status.details()).unwrap_or_default();
    pb::BatchRegisterMembersResult { outcome: Some(Outcome::Status(status)), position: 0 }
}

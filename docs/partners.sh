#!/bin/sh
# What the README's quickstart leads to, at once: Aurora Proofs (Ann manages, Cy does not) and Borealis Print (Bo manages,
# Di does not) are partners. What is there already stays as it is.
#
#   sh docs/partners.sh 127.0.0.1:50051
set -eu
address=$1
aurora=aaaaaaaa-0000-4000-8000-000000000000 ann=aaaaaaaa-0000-4000-8000-00000000000a
borealis=bbbbbbbb-0000-4000-8000-000000000000 bo=bbbbbbbb-0000-4000-8000-00000000000b

# call RPC REQUEST [MEMBER]
call() {
  if [ $# -gt 2 ]; then set -- "$1" "$2" -H "x-member-id: $3"; fi
  rpc=$1 request=$2
  shift 2
  grpcurl -plaintext "$@" -d "$request" "$address" "partner.v1.$rpc"
}
# unless_there RPC REQUEST [MEMBER]: a refusal because it exists is none
unless_there() {
  said=$(call "$@" 2>&1) || case $said in *"Code: AlreadyExists"*) ;; *) echo "$said" >&2; exit 1 ;; esac
}
member() {
  unless_there AccountService/RegisterMember '{"accountId": "'"$1"'", "member": {"id": "'"$2"'", "email": "'"$3"'",
    "displayName": "'"$4"'", "profile": "MEMBER_PROFILE_'"$5"'"}}'
}

unless_there AccountService/CreateAccount '{"account": {"id": "'$aurora'", "displayName": "Aurora Proofs"}}'
unless_there AccountService/CreateAccount '{"account": {"id": "'$borealis'", "displayName": "Borealis Print"}}'
member $aurora $ann ann@aurora.example Ann ADMINISTRATOR
member $aurora aaaaaaaa-0000-4000-8000-00000000000c cy@aurora.example Cy OBSERVER
member $borealis $bo bo@borealis.example Bo ADMINISTRATOR
member $borealis bbbbbbbb-0000-4000-8000-00000000000d di@borealis.example Di OBSERVER
unless_there PartnerService/InvitePartner '{"accountId": "'$aurora'", "inviteeEmail": "bo@borealis.example"}' $ann
pending=$(call PartnerService/ListPartnerships \
  '{"accountId": "'$borealis'", "states": ["PARTNERSHIP_STATE_PENDING"]}' $bo | sed -n 's/.*"id": "\(.*\)".*/\1/p')
for id in $pending; do
  call PartnerService/AcceptPartnership '{"accountId": "'$borealis'", "partnershipId": "'"$id"'"}' $bo >/dev/null
done

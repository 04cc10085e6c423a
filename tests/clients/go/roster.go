package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"

	pb "partner.example/walk/gen/partner/v1"
)

// person is who is held of a partner's people, by home account and member.
type person struct {
	Name string
	Link pb.ContactLink
}

// snapshot has begun: of one partner's people, or of everybody where Partner is empty.
type snapshot struct {
	Partner  string
	Position int64
	Sent     map[string]bool
}

// roster is the partners' people as a consumer of WatchMembers holds them, stored with the token that resumes after them.
// What is told again after an older token changes nothing: events at or below the position held are ignored.
type roster struct {
	// People by home account, then by member.
	People      map[string]map[string]person
	Position    int64
	ResumeToken string
	Snapshot    *snapshot
}

func loadRoster(path string) (*roster, error) {
	held := &roster{People: map[string]map[string]person{}}
	stored, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return held, nil
	}
	if err != nil {
		return nil, err
	}
	return held, json.Unmarshal(stored, held)
}

// store keeps state and token in one step: a database would do it in one transaction.
func (held *roster) store(path string) error {
	stored, err := json.Marshal(held)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", stored, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// apply takes in one message; it answers whether that told anything new.
func (held *roster) apply(message *pb.WatchMembersResponse) bool {
	held.ResumeToken = message.GetResumeToken()
	switch payload := message.GetPayload().(type) {
	case *pb.WatchMembersResponse_SnapshotBegin:
		held.open("", payload.SnapshotBegin.GetPosition())
		return true
	case *pb.WatchMembersResponse_Contact:
		// only a snapshot of everybody may go back behind what is held
		isOfAll := held.Snapshot != nil && held.Snapshot.Partner == ""
		if message.GetPosition() < held.Position && !isOfAll {
			return false
		}
		contact := payload.Contact
		held.put(contact.GetHomeAccountId(), contact.GetMemberId(), person{contact.GetDisplayName(), contact.GetLink()})
		return true
	case *pb.WatchMembersResponse_Synced:
		return held.close(payload.Synced)
	case *pb.WatchMembersResponse_Event:
		return held.follow(payload.Event)
	}
	return false
}

func (held *roster) open(partner string, position int64) {
	held.Snapshot = &snapshot{Partner: partner, Position: position, Sent: map[string]bool{}}
}

func (held *roster) isOpen(partner string, position int64) bool {
	return held.Snapshot != nil && held.Snapshot.Partner == partner && held.Snapshot.Position == position
}

func (held *roster) put(account, member string, who person) {
	if held.People[account] == nil {
		held.People[account] = map[string]person{}
	}
	held.People[account][member] = who
	if held.Snapshot != nil {
		held.Snapshot.Sent[account+"/"+member] = true
	}
}

func (held *roster) close(synced *pb.Synced) bool {
	partner := synced.GetPartnerAccountId()
	if !held.isOpen(partner, synced.GetPosition()) {
		return false
	}
	// whom the snapshot did not send is gone
	for account, people := range held.People {
		if partner == "" || partner == account {
			maps.DeleteFunc(people, func(member string, _ person) bool {
				return !held.Snapshot.Sent[account+"/"+member]
			})
		}
	}
	if partner == "" {
		held.Position = synced.GetPosition()
	}
	held.Snapshot = nil
	return true
}

func (held *roster) follow(event *pb.MemberEvent) bool {
	isNew := event.GetPosition() > held.Position
	partner := event.GetPartnerAccountId()
	switch event.GetKind() {
	case pb.MemberEventKind_MEMBER_EVENT_KIND_PARTNER_ACTIVATED:
		// its people follow, perhaps for the second time if they had not all come
		if isNew || held.isOpen(partner, event.GetPosition()) {
			held.open(partner, event.GetPosition())
		}
	case pb.MemberEventKind_MEMBER_EVENT_KIND_PARTNER_ENDED:
		if isNew {
			held.end(partner, event.GetEndedContacts())
		}
	default:
		if member := event.GetMember(); isNew && member != nil {
			link := pb.ContactLink_CONTACT_LINK_SYNCED
			if event.GetKind() == pb.MemberEventKind_MEMBER_EVENT_KIND_MEMBER_REMOVED {
				link = pb.ContactLink_CONTACT_LINK_REMOVED_AT_SOURCE
			}
			held.put(member.GetHomeAccountId(), member.GetId(), person{member.GetDisplayName(), link})
		}
	}
	held.Position = max(held.Position, event.GetPosition())
	return isNew
}

func (held *roster) end(partner string, contacts pb.EndedContacts) {
	if held.Snapshot != nil && held.Snapshot.Partner == partner {
		held.Snapshot = nil
	}
	theirs := held.People[partner]
	for member, who := range theirs {
		switch contacts {
		case pb.EndedContacts_ENDED_CONTACTS_PURGED:
			delete(theirs, member)
		case pb.EndedContacts_ENDED_CONTACTS_REMOVED_AT_SOURCE:
			theirs[member] = person{who.Name, pb.ContactLink_CONTACT_LINK_REMOVED_AT_SOURCE}
		case pb.EndedContacts_ENDED_CONTACTS_DETACHED:
			if who.Link == pb.ContactLink_CONTACT_LINK_SYNCED {
				theirs[member] = person{who.Name, pb.ContactLink_CONTACT_LINK_DETACHED}
			}
		}
	}
}

// has answers whether somebody of that name is held, once no snapshot is under way.
func (held *roster) has(name string) bool {
	for _, people := range held.People {
		for _, who := range people {
			if who.Name == name {
				return held.Snapshot == nil
			}
		}
	}
	return false
}

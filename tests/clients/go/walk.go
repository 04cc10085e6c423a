// Walk goes through the service: `walk STEP ADDRESS ..`, each step on a service of its own unless it says otherwise.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	pb "partner.example/walk/gen/partner/v1"
)

const (
	aurora   = "aaaaaaaa-0000-4000-8000-000000000000"
	borealis = "bbbbbbbb-0000-4000-8000-000000000000"
)

type member struct {
	accountID, id string
	profile       pb.MemberProfile
}

var people = map[string]member{
	"Ann": {aurora, "aaaaaaaa-0000-4000-8000-00000000000a", pb.MemberProfile_MEMBER_PROFILE_ADMINISTRATOR},
	"Cy":  {aurora, "aaaaaaaa-0000-4000-8000-00000000000c", pb.MemberProfile_MEMBER_PROFILE_OBSERVER},
	"Bo":  {borealis, "bbbbbbbb-0000-4000-8000-00000000000b", pb.MemberProfile_MEMBER_PROFILE_ADMINISTRATOR},
	"Di":  {borealis, "bbbbbbbb-0000-4000-8000-00000000000d", pb.MemberProfile_MEMBER_PROFILE_OBSERVER},
	"Ed":  {borealis, "bbbbbbbb-0000-4000-8000-00000000000e", pb.MemberProfile_MEMBER_PROFILE_OBSERVER},
	"Flo": {borealis, "bbbbbbbb-0000-4000-8000-00000000000f", pb.MemberProfile_MEMBER_PROFILE_OBSERVER},
}

// [credentials]

// bearer makes the calls of a context carry a token, for a service with `--auth jwt`.
func bearer(ctx context.Context, token string) context.Context {
	if token == "" {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
}

// operator makes calls as the operator.
func operator() context.Context {
	return bearer(context.Background(), os.Getenv("PARTNER_TOKEN"))
}

// as makes calls as the operator acting for a member.
func as(name string) context.Context {
	return metadata.AppendToOutgoingContext(operator(), "x-member-id", people[name].id)
}

// [end]

type walk struct {
	address  string
	accounts pb.AccountServiceClient
	partners pb.PartnerServiceClient
	sync     pb.MemberSyncServiceClient
}

func newWalk(address string, channel *grpc.ClientConn) *walk {
	return &walk{
		address:  address,
		accounts: pb.NewAccountServiceClient(channel),
		partners: pb.NewPartnerServiceClient(channel),
		sync:     pb.NewMemberSyncServiceClient(channel),
	}
}

// [invite]

// invite answers the id of the invitation, which may have been sent before.
func (w *walk) invite(ctx context.Context, email string) (string, error) {
	answer, err := w.partners.InvitePartner(ctx, &pb.InvitePartnerRequest{
		AccountId:    aurora,
		InviteeEmail: email,
		// It makes it safe to repeat: a retry after a lost answer does nothing twice.
		RequestId: uuid.NewString(),
	})
	if refused := refusalOf(err); refused.reason == "DUPLICATE_INVITATION" {
		return refused.metadata["partnership_id"], nil
	}
	return answer.GetPartnership().GetId(), err
}

// [end]

// register registers members, and answers the position of the last.
func (w *walk) register(names ...string) (position int64, err error) {
	for _, name := range names {
		who := people[name]
		domain := "borealis.example"
		if who.accountID == aurora {
			domain = "aurora.example"
		}
		answer, err := w.accounts.RegisterMember(operator(), &pb.RegisterMemberRequest{
			AccountId: who.accountID,
			Member: &pb.Member{
				Id: who.id, Email: strings.ToLower(name) + "@" + domain, DisplayName: name, Profile: who.profile,
			},
			RequestId: uuid.NewString(),
		})
		if err != nil {
			return 0, err
		}
		position = answer.GetPosition()
	}
	return position, nil
}

func (w *walk) openAccounts() error {
	for _, account := range []*pb.Account{
		{Id: aurora, DisplayName: "Aurora Proofs"}, {Id: borealis, DisplayName: "Borealis Print"},
	} {
		answer, err := w.accounts.CreateAccount(operator(), &pb.CreateAccountRequest{
			Account: account, RequestId: uuid.NewString(),
		})
		if err != nil {
			return err
		}
		fmt.Println("created", answer.GetAccount().GetDisplayName())
	}
	_, err := w.register("Ann", "Cy", "Bo")
	return err
}

// printSeenBy prints the one partnership on the member's side.
func (w *walk) printSeenBy(name string) error {
	answer, err := w.partners.ListPartnerships(as(name), &pb.ListPartnershipsRequest{AccountId: people[name].accountID})
	if err != nil {
		return err
	}
	fmt.Printf("%s sees %s\n", name, told(answer.GetPartnerships()[0]))
	return nil
}

// becomePartners answers the position as of which they are.
func (w *walk) becomePartners() (int64, error) {
	if err := w.openAccounts(); err != nil {
		return 0, err
	}
	id, err := w.invite(as("Ann"), "bo@borealis.example")
	if err != nil {
		return 0, err
	}
	if err := w.printSeenBy("Ann"); err != nil {
		return 0, err
	}
	again, err := w.invite(as("Ann"), "bo@borealis.example")
	if err != nil {
		return 0, err
	}
	if again == id {
		fmt.Println("invited again: it is the same partnership")
	}
	if err := w.printSeenBy("Bo"); err != nil {
		return 0, err
	}
	answer, err := w.partners.AcceptPartnership(as("Bo"), &pb.AcceptPartnershipRequest{
		AccountId: borealis, PartnershipId: id, RequestId: uuid.NewString(),
	})
	if err != nil {
		return 0, err
	}
	if err := w.printSeenBy("Ann"); err != nil {
		return 0, err
	}
	fmt.Println("partners as of position", answer.GetPosition())
	return answer.GetPosition(), nil
}

func (w *walk) refusals() error {
	if err := w.openAccounts(); err != nil {
		return err
	}
	invite := func(name, email, message string) (*pb.Partnership, error) {
		answer, err := w.partners.InvitePartner(as(name), &pb.InvitePartnerRequest{
			AccountId: aurora, InviteeEmail: email, Message: message,
		})
		return answer.GetPartnership(), err
	}
	_, err := invite("Ann", "nobody", strings.Repeat("x", 1001))
	printRefusal(err)
	_, err = invite("Cy", "bo@borealis.example", "")
	printRefusal(err)
	sent, err := invite("Ann", "bo@borealis.example", "")
	if err != nil {
		return err
	}
	_, err = invite("Ann", "bo@borealis.example", "")
	printRefusal(err)
	_, err = w.partners.ResendInvitation(as("Ann"), &pb.ResendInvitationRequest{AccountId: aurora, PartnershipId: sent.GetId()})
	printRefusal(err)
	_, err = w.partners.RejectPartnership(as("Bo"), &pb.RejectPartnershipRequest{AccountId: borealis, PartnershipId: sent.GetId()})
	if err != nil {
		return err
	}
	_, err = invite("Ann", "bo@borealis.example", "")
	printRefusal(err)
	_, err = w.partners.GetPartnership(as("Ann"), &pb.GetPartnershipRequest{AccountId: aurora, PartnershipId: aurora})
	printRefusal(err)
	return nil
}

func (w *walk) watch() error {
	position, err := w.becomePartners()
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "walk")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "roster.json")
	if err := w.followUntilHeld(path, "Bo", position); err != nil {
		return err
	}
	first, err := loadRoster(path)
	if err != nil {
		return err
	}
	if err := w.hireAndFollow(path, "Di"); err != nil {
		return err
	}
	fmt.Println("stopped; while nobody watches, Ed is registered")
	if err := w.hireAndFollow(path, "Ed"); err != nil {
		return err
	}

	// As if the token had not been stored since the snapshot: all is told again, and changes nothing.
	held, err := loadRoster(path)
	if err != nil {
		return err
	}
	held.ResumeToken = first.ResumeToken
	if err := held.store(path); err != nil {
		return err
	}
	if err := w.hireAndFollow(path, "Flo"); err != nil {
		return err
	}
	if held, err = loadRoster(path); err != nil {
		return err
	}
	var links []string
	for _, who := range held.People[borealis] {
		links = append(links, who.Name+" "+strings.TrimPrefix(who.Link.String(), "CONTACT_LINK_"))
	}
	slices.Sort(links)
	fmt.Println("holds", strings.Join(links, ", "))
	return nil
}

func (w *walk) hireAndFollow(path, name string) error {
	if _, err := w.register(name); err != nil {
		return err
	}
	return w.followUntilHeld(path, name, 0)
}

// followUntilHeld follows Borealis' people on Aurora's side, from where the stored roster ends, or as of a position.
func (w *walk) followUntilHeld(path, name string, position int64) error {
	held, err := loadRoster(path)
	if err != nil {
		return err
	}
	dial := func() (*grpc.ClientConn, error) { return connect(w.address) }
	// [watch]
	for message, err := range follow(as("Ann"), dial, aurora, held.ResumeToken, position) {
		if err != nil {
			return err
		}
		isNew := held.apply(message)
		if err := held.store(path); err != nil {
			return err
		}
		// [end]
		if line := describe(message); line != "" {
			if !isNew {
				line += ", which is known"
			}
			fmt.Println(line)
		}
		if held.has(name) {
			return nil
		}
	}
	return errors.New("a stream that is followed has no end")
}

func (w *walk) page() error {
	if _, err := w.becomePartners(); err != nil {
		return err
	}
	position, err := w.register("Di", "Ed")
	if err != nil {
		return err
	}
	token, err := w.printPages("", position)
	if err != nil {
		return err
	}
	if position, err = w.register("Flo"); err != nil {
		return err
	}
	fmt.Println("later, from the token of the last page")
	_, err = w.printPages(token, position)
	return err
}

// printPages prints the events after the token, two a page; what was written by minPosition is among them.
func (w *walk) printPages(token string, minPosition int64) (string, error) {
	// [page]
	for hasMore := true; hasMore; {
		answer, err := w.sync.ListMemberEvents(as("Ann"), &pb.ListMemberEventsRequest{
			AccountId: aurora, ResumeToken: token, PageSize: 2, MinPosition: minPosition,
		})
		if err != nil {
			return "", err
		}
		token, hasMore = answer.GetResumeToken(), answer.GetHasMore()
		// [end]
		if len(answer.GetEvents()) > 2 {
			return "", errors.New("the page is longer than asked for")
		}
		for _, event := range answer.GetEvents() {
			fmt.Println(eventLine(event))
		}
	}
	return token, nil
}

// insist is for a service that answers nothing but UNAVAILABLE.
func (w *walk) insist() error {
	for range 3 {
		_, err := w.accounts.GetAccount(operator(), &pb.GetAccountRequest{AccountId: aurora})
		printRefusal(err)
	}
	return nil
}

// tokens is for a service with `--auth jwt`, once they are partners.
func (w *walk) tokens() error {
	list := &pb.ListPartnershipsRequest{AccountId: borealis}
	_, err := w.partners.ListPartnerships(context.Background(), list)
	printRefusal(err)
	bo := bearer(context.Background(), os.Getenv("PARTNER_MEMBER_TOKEN"))
	answer, err := w.partners.ListPartnerships(bo, list)
	if err != nil {
		return err
	}
	fmt.Println("Bo sees", told(answer.GetPartnerships()[0]))
	_, err = w.accounts.ListAccounts(bo, &pb.ListAccountsRequest{})
	printRefusal(err)
	return nil
}

func told(partnership *pb.Partnership) string {
	var actions []string
	for _, action := range partnership.GetAllowedActions() {
		actions = append(actions, strings.TrimPrefix(action.String(), "PARTNERSHIP_ACTION_"))
	}
	partner := partnership.GetPartnerDisplayName()
	if partner == "" {
		partner = partnership.GetInviteeEmail()
	}
	state := strings.TrimPrefix(partnership.GetState().String(), "PARTNERSHIP_STATE_")
	return fmt.Sprintf("%s: %s, may %s", partner, state, strings.Join(actions, " "))
}

// printRefusal prints why a call was refused, with every detail.
func printRefusal(err error) {
	if err == nil {
		log.Fatal("the call was not refused")
	}
	refused := refusalOf(err)
	fmt.Println(refused.codeName(), refused.reason)
	for _, bad := range refused.badFields {
		fmt.Println("  field", bad.GetField(), bad.GetDescription())
	}
	for _, name := range slices.Sorted(maps.Keys(refused.metadata)) {
		fmt.Println(" ", name, "=", refused.metadata[name])
	}
	for _, violation := range refused.violations {
		fmt.Println("  violated", violation.GetType())
	}
	if refused.retryDelay > 0 {
		fmt.Printf("  worth another try within %d min\n", (refused.retryDelay+time.Minute-1)/time.Minute)
	}
	if refused.requestID == "" {
		fmt.Println("  without a request id")
	}
}

func describe(message *pb.WatchMembersResponse) string {
	switch payload := message.GetPayload().(type) {
	case *pb.WatchMembersResponse_SnapshotBegin:
		return "snapshot"
	case *pb.WatchMembersResponse_Contact:
		return "contact " + payload.Contact.GetDisplayName()
	case *pb.WatchMembersResponse_Synced:
		return "synced"
	case *pb.WatchMembersResponse_Event:
		return eventLine(payload.Event)
	}
	return ""
}

func eventLine(event *pb.MemberEvent) string {
	kind := strings.TrimPrefix(event.GetKind().String(), "MEMBER_EVENT_KIND_")
	return strings.TrimSpace(kind + " " + event.GetMember().GetDisplayName())
}

func main() {
	log.SetFlags(0)
	step, address, rest := os.Args[1], os.Args[2], os.Args[3:]
	channel, err := connect(address)
	if err != nil {
		log.Fatal(err)
	}
	defer channel.Close()
	w := newWalk(address, channel)
	steps := map[string]func() error{
		"invite":   func() error { _, err := w.becomePartners(); return err },
		"refusals": w.refusals,
		"watch":    w.watch,
		"page":     w.page,
		"insist":   w.insist,
		"tokens":   w.tokens,
		"load":     func() error { return load(strings.Split(address, ","), rest) },
		"hire":     func() error { _, err := w.register(rest...); return err },
		"follow": func() error {
			position, err := strconv.ParseInt(rest[2], 10, 64)
			if err != nil {
				return err
			}
			return w.followUntilHeld(rest[0], rest[1], position)
		},
	}
	if err := steps[step](); err != nil {
		log.Fatal(err)
	}
}

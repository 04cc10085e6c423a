package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/stats"

	pb "partner.example/walk/gen/partner/v1"
)

const (
	// pace is how often each worker begins a turn of calls, if it has the time.
	pace = 20 * time.Millisecond
	// hires is after how many turns a member is registered: what others follow.
	hires = 12
)

// [replicas]

// connectAll makes one channel over several replicas, with the published timeouts and retries: each call goes to the next.
func connectAll(addresses []string, options ...grpc.DialOption) (*grpc.ClientConn, error) {
	var config map[string]any
	if err := json.Unmarshal([]byte(serviceConfig), &config); err != nil {
		return nil, err
	}
	config["loadBalancingConfig"] = []any{map[string]any{"round_robin": map[string]any{}}}
	balanced, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	var state resolver.State
	for _, address := range addresses {
		state.Addresses = append(state.Addresses, resolver.Address{Addr: address})
	}
	replicas := manual.NewBuilderWithScheme("replicas")
	replicas.InitialState(state)
	options = append(options,
		grpc.WithResolvers(replicas),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(string(balanced)))
	return grpc.NewClient("replicas:///partner-service", options...)
}

// [end]

// attempts counts how often the library tried, and how often it tried again what no replica had begun.
type attempts struct {
	all, unprocessed atomic.Int64
}

func (a *attempts) HandleRPC(_ context.Context, event stats.RPCStats) {
	if begin, ok := event.(*stats.Begin); ok {
		a.all.Add(1)
		if begin.IsTransparentRetryAttempt {
			a.unprocessed.Add(1)
		}
	}
}

func (*attempts) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (*attempts) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (*attempts) HandleConn(context.Context, stats.ConnStats)                       {}

// ledger prints what calls came to, a line each.
type ledger struct {
	mutex sync.Mutex
	out   *bufio.Writer
}

func (l *ledger) note(words ...any) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	fmt.Fprintln(l.out, words...)
	l.out.Flush()
}

// load calls until its standard input ends, with one worker for each account. It prints a line for each call: `read`, or
// `register`, `invite` and `delete` with a name, the id that was answered and the position; or `failed` and why. The last
// line is `attempts`, how many there were, and how many of them were of calls that no replica had begun.
func load(addresses, accounts []string) error {
	tried := &attempts{}
	channel, err := connectAll(addresses, grpc.WithStatsHandler(tried))
	if err != nil {
		return err
	}
	defer channel.Close()
	stop := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(stop)
	}()
	var workers sync.WaitGroup
	calls := &ledger{out: bufio.NewWriter(os.Stdout)}
	for number, account := range accounts {
		one := &worker{walk: newWalk("", channel), calls: calls, name: fmt.Sprintf("w%d", number), account: account}
		workers.Go(func() { one.work(stop) })
	}
	workers.Wait()
	calls.note("attempts", tried.all.Load(), tried.unprocessed.Load())
	return nil
}

type worker struct {
	*walk
	calls         *ledger
	name, account string
	// position is the highest that it was told: what it reads must not be older.
	position int64
}

func (w *worker) work(stop <-chan struct{}) {
	ticks := time.NewTicker(pace)
	defer ticks.Stop()
	for turn := 0; ; turn++ {
		select {
		case <-stop:
			return
		case <-ticks.C:
		}
		name := fmt.Sprintf("%s-%d", w.name, turn)
		if turn%hires == 0 {
			w.hire(name)
		}
		if id := w.invitePerson(name); id != "" {
			w.read(id)
			w.cancel(name, id)
		}
	}
}

func (w *worker) hire(name string) {
	email := name + "@hired.example"
	answer, err := w.accounts.RegisterMember(context.Background(), &pb.RegisterMemberRequest{
		AccountId: w.account,
		Member:    &pb.Member{Email: email, Profile: pb.MemberProfile_MEMBER_PROFILE_OBSERVER},
		RequestId: name + "-register",
	})
	w.told("register", email, answer.GetMember().GetId(), answer.GetPosition(), err)
}

func (w *worker) invitePerson(name string) string {
	email := name + "@nowhere.example"
	answer, err := w.partners.InvitePartner(context.Background(), &pb.InvitePartnerRequest{
		AccountId: w.account, InviteeEmail: email, RequestId: name + "-invite",
	})
	id := answer.GetPartnership().GetId()
	w.told("invite", email, id, answer.GetPosition(), err)
	return id
}

// read asks whichever replica it comes to for what was written just before, on another one perhaps.
func (w *worker) read(id string) {
	answer, err := w.partners.ListPartnerships(context.Background(), &pb.ListPartnershipsRequest{
		AccountId: w.account, PageSize: 10, MinPosition: w.position,
	})
	isThere := false
	for _, partnership := range answer.GetPartnerships() {
		isThere = isThere || partnership.GetId() == id
	}
	switch {
	case err != nil:
		w.failed("read", err)
	case !isThere:
		w.failed("read", fmt.Errorf("%s is not there", id))
	default:
		w.calls.note("read")
	}
}

func (w *worker) cancel(name, id string) {
	answer, err := w.partners.DeletePartnership(context.Background(), &pb.DeletePartnershipRequest{
		AccountId: w.account, PartnershipId: id, RequestId: name + "-delete",
	})
	w.told("delete", id, id, answer.GetPosition(), err)
}

func (w *worker) told(verb, name, id string, position int64, err error) {
	if err != nil {
		w.failed(verb, err)
		return
	}
	w.position = max(w.position, position)
	w.calls.note(verb, name, id, position)
}

func (w *worker) failed(verb string, err error) {
	refused := refusalOf(err)
	w.calls.note("failed", verb, refused.codeName(), refused.reason, refused.message)
}

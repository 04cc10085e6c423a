package main

import (
	"context"
	"iter"
	"log"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/emptypb"

	pb "partner.example/walk/gen/partner/v1"
)

const (
	heartbeat = 20 * time.Second
	// patience is the silence after which a stream is dead.
	patience    = 3 * heartbeat
	firstWait   = 250 * time.Millisecond
	longestWait = 30 * time.Second
)

var tokenOfNoUse = map[string]bool{
	"RESUME_TOKEN_INVALID": true, "RESUME_TOKEN_EXPIRED": true, "RESUME_TOKEN_DIVERGED": true,
}

// final are the codes that asking again would be answered with again.
var final = map[codes.Code]bool{
	codes.PermissionDenied: true, codes.Unauthenticated: true, codes.NotFound: true,
	codes.InvalidArgument: true, codes.FailedPrecondition: true, codes.Unimplemented: true,
}

type dial func() (*grpc.ClientConn, error)

// follow yields every message after resumeToken; where that is empty, a snapshot as fresh as minPosition, and more.
//
// It reconnects by itself, each time through a channel of its own, so that it may reach another replica. An error is the
// last thing that it yields, and one that asking again cannot mend.
func follow(ctx context.Context, connect dial, accountID, resumeToken string, minPosition int64) iter.Seq2[*pb.WatchMembersResponse, error] {
	return func(yield func(*pb.WatchMembersResponse, error) bool) {
		isWanted := true
		take := func(message *pb.WatchMembersResponse) bool {
			resumeToken = message.GetResumeToken()
			isWanted = yield(message, nil)
			return isWanted
		}
		for ceiling := firstWait; ; ceiling = min(2*ceiling, longestWait) {
			opened := time.Now()
			err := followOnce(ctx, connect, request(accountID, resumeToken, minPosition), take)
			if !isWanted {
				return
			}
			refused := refusalOf(err)
			if tokenOfNoUse[refused.reason] {
				resumeToken, minPosition = "", 0 // begins with a snapshot, which replaces what is held
			} else if final[refused.code] || ctx.Err() != nil {
				yield(nil, err)
				return
			}
			if time.Since(opened) > longestWait {
				ceiling = firstWait // it stood for a while: all was well
			}
			// Full jitter: those who were connected to one replica do not come back together.
			wait := refused.retryDelay + rand.N(ceiling)
			log.Printf("%s %s %s; going on in %v", refused.codeName(), refused.reason, refused.message, wait)
			select {
			case <-time.After(wait):
			case <-ctx.Done():
			}
		}
	}
}

// followOnce hands out the messages of one stream until it breaks off, or until they are not taken any more.
func followOnce(ctx context.Context, connect dial, request *pb.WatchMembersRequest, take func(*pb.WatchMembersResponse) bool) error {
	channel, err := connect()
	if err != nil {
		return err
	}
	defer channel.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	silence := time.AfterFunc(patience, cancel)
	defer silence.Stop()
	messages, err := pb.NewMemberSyncServiceClient(channel).WatchMembers(ctx, request)
	if err != nil {
		return err
	}
	for {
		message, err := messages.Recv()
		if err != nil {
			return err
		}
		silence.Stop()
		if !take(message) {
			return nil
		}
		silence.Reset(patience)
	}
}

func request(accountID, resumeToken string, minPosition int64) *pb.WatchMembersRequest {
	asked := &pb.WatchMembersRequest{AccountId: accountID, HeartbeatInterval: durationpb.New(heartbeat)}
	if resumeToken == "" {
		asked.Start = &pb.WatchMembersRequest_Snapshot{Snapshot: &emptypb.Empty{}}
		asked.MinPosition = minPosition
	} else {
		asked.Start = &pb.WatchMembersRequest_ResumeToken{ResumeToken: resumeToken}
	}
	return asked
}

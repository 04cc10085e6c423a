package main

import (
	_ "embed"
	"time"

	codepb "google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// [connect]
//
//go:embed proto/partner/v1/service_config.json
var serviceConfig string

// connect makes a channel with the published timeouts and retries.
func connect(address string) (*grpc.ClientConn, error) {
	return grpc.NewClient(address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(serviceConfig))
}

// [end]

// refusal is why a call failed: decide on code and reason, show message to people.
type refusal struct {
	code       codes.Code
	message    string
	reason     string
	metadata   map[string]string
	badFields  []*errdetails.BadRequest_FieldViolation
	violations []*errdetails.PreconditionFailure_Violation
	requestID  string
	// retryDelay is how long the service asks to stay away.
	retryDelay time.Duration
}

// [details]
func refusalOf(err error) refusal {
	answer := status.Convert(err)
	refused := refusal{code: answer.Code(), message: answer.Message()}
	for _, detail := range answer.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			if detail.GetDomain() == "partner.v1" {
				refused.reason, refused.metadata = detail.GetReason(), detail.GetMetadata()
			}
		case *errdetails.BadRequest:
			refused.badFields = detail.GetFieldViolations()
		case *errdetails.PreconditionFailure:
			refused.violations = detail.GetViolations()
		case *errdetails.RetryInfo:
			refused.retryDelay = detail.GetRetryDelay().AsDuration()
		case *errdetails.RequestInfo:
			refused.requestID = detail.GetRequestId()
		}
	}
	return refused
}

// [end]

// codeName is the canonical spelling: INVALID_ARGUMENT.
func (refused refusal) codeName() string {
	return codepb.Code(refused.code).String()
}

# The commands of the project; README.md says what each shows. Everything is built with one set of flags: another set
# would compile go-gl, two thirds of a cold build, once more.
export GOFLAGS := -trimpath -buildvcs=false
export PATH := $(HOME)/.local/share/sidetone-go/bin:$(PATH)

BENCHSTAT := golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
# Tests draw with Fyne's headless driver; the real window is tested as a built program.
TEST := go test -race -tags ci -timeout 20m

.PHONY: demo test run build interop lint setup fuzz bench bench-media bench-voice mutants idle explore clean help setup-build setup-demo setup-test
# Installing comes before building; go itself uses every core.
.NOTPARALLEL:

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: setup-test

setup-build setup-demo setup-test:
	@./scripts/setup $(@:setup-%=%)

build: setup-build ## build the programs into bin/
	@echo "Building into bin/ (the first build compiles OpenGL bindings and takes some minutes)."
	@mkdir -p bin
	go build -ldflags "-s -w" -o bin/ ./cmd/...

demo: setup-demo build ## the whole story: Kustomer page, phone, a call; DEMO=auto plays it without a person
	@bin/devlab demo $(if $(DEMO),--$(DEMO))

run: build ## the phone itself
	bin/sidetone

# Sound is heard in real time: tests that listen to it have the machine to themselves.
HEARING := ./internal/audio ./internal/media ./internal/app ./internal/demo ./internal/interop ./cmd/sidetoned

test: setup-test ## every test, with the race detector
	$(TEST) $(ARGS) $$(go list ./... | grep -vxF "$$(go list $(HEARING))")
	$(TEST) $(ARGS) -p 1 $(HEARING)

lint: setup-build ## gofmt, vet for every system, staticcheck
	@./scripts/lint "$(STATICCHECK)"

fuzz: setup-build ## every fuzz target for FUZZTIME (default 30s)
	@./scripts/fuzz "$(or $(FUZZTIME),30s)"

mutants: setup-test ## the rules of bridge and status taken away one at a time: each must be noticed by a test
	go run ./internal/mutants $(ARGS)

explore: setup-build ## the status engine in every run of a small Kustomer: 18 worlds, MINUTES for each (default 3), then WALKS (default 1000)
	SIDETONE_EXPLORE_MINUTES=$(or $(MINUTES),3) go test -count=1 -timeout 0 -parallel 1 -run TestExplore -v ./sync/presence
	SIDETONE_WALKS=$(or $(WALKS),1000) go test -count=1 -timeout 0 -run TestWalks ./sync/presence

idle: setup-demo build ## what the window costs while nothing happens, over 60 seconds
	@./scripts/idle

bench-bridge: setup-demo build ## from the click to the INVITE beside a bare WebSocket echo; CLICKS=1000, one a second
	@bin/devlab bench-bridge --clicks $(or $(CLICKS),1000)

soak: setup-test build ## CALLS=500 over OVER=30m through kamailio, with holds, transfers, network changes and restarts: nothing is left behind
	@bin/devlab soak --calls $(or $(CALLS),500) --over $(or $(OVER),30m) --seed $(or $(SEED),1)

soak-status: setup-demo build ## EVENTS=10000 status changes through page, bridge and phone, with drops: both ends equal, no push too many
	@bin/devlab soak-status --events $(or $(EVENTS),10000) --seed $(or $(SEED),1)

bench-sip: setup-test build ## start to registered, INVITE to 180 and 200 beside baresip and linphonec; ROUNDS=30 starts of each, CALLS=10 after each
	@bin/devlab bench-sip --rounds $(or $(ROUNDS),30) --calls $(or $(CALLS),10)

interop: setup-test build ## every feature with every program from Debian; writes docs/INTEROP.md; ONLY=rtpengine for a part, which writes nothing
	@bin/devlab interop $(if $(ONLY),--only $(ONLY),--out docs/INTEROP.md)

record-sdk: setup-demo build ## what Kustomer's real SDK posts and reads, saved in out/; needs the internet
	@bin/devlab record-sdk $(if $(SDK),--sdk $(SDK))

bench: setup-build ## benchmarks of the hot paths
	go test -tags ci -run '^$$' -bench . -benchmem ./internal/media/... ./internal/number ./widgetbridge/... ./sip/...

bench-voice: setup-test build ## sidetoned, baresip and linphonec through the same bad networks: delay, damage, cost; PESQ with PESQ_PATH; SEEDS=1 CODECS=pcmu,opus
	@bin/devlab bench-voice --seeds $(or $(SEEDS),1) --codecs $(or $(CODECS),pcmu,opus)

bench-media: setup-build ## what a packet costs on every step of its way, as a table; fails where a step allocates; COUNT=6 times
	@./scripts/bench-media "$(BENCHSTAT)" "$(or $(COUNT),6)"

clean: ## remove what was built
	rm -rf bin out

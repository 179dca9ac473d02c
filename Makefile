# Gantry. `make` lists the commands. STACK names the stack, dev by default. CLOUD
# is aws, gcp, azure or existing and stands in for the stack's own gantry:cloud.
STACK ?= dev
CLOUD ?=
BIN   := .gantry/bin

# POLICIES=off previews and brings up without the policy pack.
POLICIES ?= on

# What the commands that work on a stack are told.
ON := --stack $(STACK) $(if $(CLOUD),--cloud $(CLOUD)) $(if $(filter off,$(POLICIES)),--policies=false)

.DEFAULT_GOAL := help
.PHONY: help render ci-preview up preview refresh down status compare rollback history backend evict move size build test lint check-values bench docs

help: ## List the commands.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(BIN)/bootstrap ## Bring the stack up in the sandbox: no cloud account needed.
	@$(BIN)/bootstrap up $(ON)

preview: $(BIN)/bootstrap ## Show what up would do.
	@$(BIN)/bootstrap preview $(ON)

refresh: $(BIN)/bootstrap ## Compare the engine's state with the emulated cloud.
	@$(BIN)/bootstrap refresh $(ON)

down: $(BIN)/bootstrap ## Destroy the stack and end its control plane.
	@$(BIN)/bootstrap down $(ON) --confirm "$(CONFIRM)"

status: $(BIN)/bootstrap ## Show nodes by pool, models with replicas and endpoints, and the cost.
	@$(BIN)/bootstrap status $(ON)

rollback: $(BIN)/bootstrap ## Send all requests of MODEL back to its stable or previous version; see docs/operations.md.
	@$(BIN)/bootstrap rollback $(ON) --model "$(MODEL)"

history: $(BIN)/bootstrap ## Show what was done to the stack, the newest first.
	@$(BIN)/bootstrap history $(ON)

backend: $(BIN)/bootstrap ## Keep a real stack's state in BACKEND, its secrets encrypted by KEY; see docs/state.md.
	@$(BIN)/bootstrap backend --stack $(STACK) --state "$(BACKEND)" --key "$(KEY)"

# MODE=account previews on the stack's own account, as the workflows do.
MODE ?= sandbox

ci-preview: $(BIN)/bootstrap ## Preview STACK as a pull request does; the report is .gantry/ci/STACK/report.md.
	@.ci/preview "$(STACK)" "$(MODE)"

compare: $(BIN)/bootstrap ## Show what the stack would cost a month on each cloud.
	@$(BIN)/bootstrap compare --stack $(STACK)

# OUT is the folder for the manifests, .gantry/render/STACK by default.
render: $(BIN)/bootstrap ## Write everything above the cluster as YAML files; see docs/gitops.md.
	@$(BIN)/bootstrap render $(ON) $(if $(OUT),--out "$(OUT)")

evict: $(BIN)/bootstrap ## Take the nodes of the spot pool POOL away, as the cloud does.
	@$(BIN)/bootstrap evict $(ON) --pool "$(POOL)"

move: $(BIN)/bootstrap ## Hand components of a TYPE over to the stack TO; see docs/layers.md.
	@$(BIN)/bootstrap move $(ON) --type "$(TYPE)" --to "$(TO)"

# PROMETHEUS stands in for CSV, TOKEN names a file with its token, WRITE=yes writes
# the change, and SIZING takes further options: make size MODEL=x SIZING=--help.
size: ## Propose requests and replicas of MODEL from CSV or PROMETHEUS; see docs/right-sizing.md.
	@go run ./modules/sizing/size --model "$(MODEL)" --stack $(STACK) $(if $(CLOUD),--cloud $(CLOUD)) \
		$(if $(CSV),--csv "$(CSV)") $(if $(PROMETHEUS),--prometheus "$(PROMETHEUS)") \
		$(if $(TOKEN),--bearer-token-file "$(TOKEN)") $(if $(WRITE),--write) $(SIZING)

build: $(BIN)/bootstrap ## Build everything that the sandbox runs.
	@$(BIN)/bootstrap build

test: build ## Run every test, those through the sandbox too.
	go test -p 2 ./...
# It reads files that Go's cache of test results does not see.
	cd sandbox/tools/promtool && go test -count=1 ./...
	cd sandbox && go test -p 1 -timeout 30m $$(go list ./... | grep -v /sandbox/engine$$)
	.ci/engine-tests

lint: $(BIN)/golangci-lint ## Run the linters.
	$(BIN)/golangci-lint run ./...
	cd sandbox && ../$(BIN)/golangci-lint run --config ../.golangci.yaml ./...

# CHARTS is a folder with charts, or values files that are named after them.
check-values: ## Report the values that Gantry gives and the charts in CHARTS do not know.
	go run ./components/platform/checkvalues --charts "$(CHARTS)"

bench: build ## Measure compile time, preview time, and growth with models.
	cd sandbox && go run ./bench

docs: ## Write the config reference and the JSON schemas from the types.
	go run ./modules/configdoc
	go run ./policies/doc

# Always asked for; the Go build cache makes it a matter of milliseconds.
.PHONY: $(BIN)/bootstrap
$(BIN)/bootstrap:
	@cd sandbox && go build -o ../$@ ./bootstrap

$(BIN)/golangci-lint: sandbox/tools/golangci-lint/go.mod
	cd sandbox/tools/golangci-lint && go build -o ../../../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

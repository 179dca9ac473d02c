# Gantry. `make` lists the commands. STACK names the stack, dev by default.
STACK ?= dev
BIN   := .gantry/bin

.DEFAULT_GOAL := help
.PHONY: help up preview refresh down status build test lint bench docs

help: ## List the commands.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(BIN)/bootstrap ## Bring the stack up in the sandbox: no cloud account needed.
	@$(BIN)/bootstrap up --stack $(STACK)

preview: $(BIN)/bootstrap ## Show what up would do.
	@$(BIN)/bootstrap preview --stack $(STACK)

refresh: $(BIN)/bootstrap ## Compare the engine's state with the emulated cloud.
	@$(BIN)/bootstrap refresh --stack $(STACK)

down: $(BIN)/bootstrap ## Destroy the stack and end its control plane.
	@$(BIN)/bootstrap down --stack $(STACK)

status: $(BIN)/bootstrap ## Show nodes by pool, and models with replicas and endpoints.
	@$(BIN)/bootstrap status --stack $(STACK)

build: $(BIN)/bootstrap ## Build everything that the sandbox runs.
	@$(BIN)/bootstrap build

test: build ## Run every test, those through the sandbox too.
	go test -p 2 ./...
	cd sandbox && go test -p 1 -timeout 60m ./...

lint: $(BIN)/golangci-lint ## Run the linters.
	$(BIN)/golangci-lint run ./...
	cd sandbox && ../$(BIN)/golangci-lint run --config ../.golangci.yaml ./...

bench: build ## Measure compile time, preview time, and growth with models.
	cd sandbox && go run ./bench

docs: ## Write the config reference and the JSON schemas from the types.
	go run ./modules/configdoc

# Always asked for; the Go build cache makes it a matter of milliseconds.
.PHONY: $(BIN)/bootstrap
$(BIN)/bootstrap:
	@cd sandbox && go build -o ../$@ ./bootstrap

$(BIN)/golangci-lint: sandbox/tools/golangci-lint/go.mod
	cd sandbox/tools/golangci-lint && go build -o ../../../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

/** The text of `gateway help`. Examples first: most readers look for a line to copy. */
export const help = `Examples
  gateway                                     serve on http://127.0.0.1:8080 with what is found: OPENAI_BASE_URL,
                                              OPENAI_API_KEY, a running Ollama, or the built-in demo model
  gateway serve --config gateway.yaml         serve as a file says
  gateway config check --config gateway.yaml  find all mistakes of a file at once

The OpenAI Responses API, stateful, in front of any OpenAI-compatible model server, over HTTP and
inside Envoy.

Commands
  serve                  Run in the foreground until SIGTERM or Ctrl-C; the default. Logs to standard output.
  config check           Check the configuration; problems name their line.
  config print           Print the configuration in force and where each value comes from. Secrets are left out.
  config schema          Print the JSON Schema of the configuration file, for editors.
  healthcheck            Ask a running gateway for its health: exit code 0 when it serves, 1 when not.
  db backup FILE         Copy the database to a new file; the gateway may be running.
  db check               Verify every page of the database; the gateway may be running.
  key rotate             Put a new server key into the file beside the database; the gateway may be running and
                         takes it up at its next start. What the former keys have sealed can still be opened.
  version                Print the version.
  help                   Print this.

Flags of serve, config, db, key and healthcheck (one dash works as well: -config, -port, -log-level)
  --config FILE          The configuration; without it gateway.yaml or config.yaml in the working directory, if
                         there is one. No file is needed.
  --http-listen A:P      Address of the HTTP listener [127.0.0.1:8080]; ":8080" is all interfaces
  --extproc-listen A:P   Address of the listener for Envoy [127.0.0.1:10000]
  --port N               Port of the listener for Envoy; its host stays
  --log-level LEVEL      debug, info, warn or error [info]

Flags of healthcheck
  --addr A:P             Address to ask [what the configuration says]; ":10000" is this machine
  --service NAME         gRPC service to ask about [the server as a whole]
  --http                 Ask the HTTP listener (GET /health) instead of the listener for Envoy (grpc.health.v1)
  --timeout TIME         How long to wait [3s]

Flags win over the environment, the environment over the file. The variables are GATEWAY_CONFIG,
GATEWAY_HTTP_LISTEN, GATEWAY_EXTPROC_LISTEN, GATEWAY_LOG_LEVEL, GATEWAY_LOG_FORMAT, GATEWAY_STORE_PATH,
GATEWAY_DEFAULT_MODEL, GATEWAY_AUTH_OPEN, GATEWAY_SERVER_KEY, GATEWAY_STRICT_PARAMS, HOST, PORT, OPENAI_BASE_URL,
OPENAI_API_KEY, OLLAMA_HOST, NO_COLOR and FORCE_COLOR; docs/configuration.md explains them.

Exit codes: 0 fine, 1 failure, 2 wrong command line, 78 wrong configuration.
`;

/**
 * Envoy in front of the gateway's two listeners ("host:port"), as small as it can be: one listener on a free port,
 * `POST /v1/responses` to the processor, everything else to the HTTP listener, no access log. The body goes in FULL_DUPLEX_STREAMED mode, the one mode
 * in which the processor may stream its own answer, and streams are closed gracefully, not reset.
 */
export function renderEnvoyConfig(extproc: string, http: string): string {
  return `
layered_runtime:
  layers:
    - name: static
      static_layer:
        envoy.reloadable_features.ext_proc_graceful_grpc_close: true
        envoy.filters.http.ext_proc.remote_close_timeout_milliseconds: 100
static_resources:
  listeners:
    - name: bench
      address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: bench
                stream_idle_timeout: 60s
                route_config:
                  virtual_hosts:
                    - name: all
                      domains: ["*"]
                      routes:
                        - match:
                            { path: /v1/responses, headers: [{ name: ":method", string_match: { exact: POST } }] }
                          direct_response: { status: 503, body: { inline_string: "The processor did not answer." } }
                        - match: { prefix: / }
                          route: { cluster: http, timeout: 0s }
                          typed_per_filter_config:
                            envoy.filters.http.ext_proc:
                              "@type": type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExtProcPerRoute
                              disabled: true
                http_filters:
                  - name: envoy.filters.http.ext_proc
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor
                      grpc_service: { envoy_grpc: { cluster_name: gateway } }
                      processing_mode:
                        request_header_mode: SEND
                        request_body_mode: FULL_DUPLEX_STREAMED
                        request_trailer_mode: SEND
                        response_header_mode: SKIP
                        response_body_mode: NONE
                        response_trailer_mode: SKIP
                      metadata_options: { receiving_namespaces: { untyped: [io.gateway] } }
                  - name: envoy.filters.http.router
                    typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
  clusters:
    - name: gateway
      type: STATIC
      connect_timeout: 1s
      typed_extension_protocol_options:
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
          "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
          explicit_http_config: { http2_protocol_options: {} }
      load_assignment:
        cluster_name: gateway
        endpoints:
          - lb_endpoints:
              - endpoint: { address: ${renderAddress(extproc)} }
    - name: http
      type: STATIC
      connect_timeout: 1s
      load_assignment:
        cluster_name: http
        endpoints:
          - lb_endpoints:
              - endpoint: { address: ${renderAddress(http)} }
`;
}

function renderAddress(address: string): string {
  const at = address.lastIndexOf(":");
  return `{ socket_address: { address: ${address.slice(0, at)}, port_value: ${address.slice(at + 1)} } }`;
}

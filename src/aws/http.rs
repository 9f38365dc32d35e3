//! HTTP clients: one TLS stack, on ring.

use aws_smithy_http_client::{Builder, Connector, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// Whether `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proxy {
    FromEnvironment,
    /// Instance metadata is link-local and the embedded AWS loopback: a proxy can reach neither.
    Never,
}

pub(super) fn client(proxy: Proxy) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder();
        if let Some(settings) = settings {
            connector = connector.connector_settings(settings.clone());
        }
        if let Some(sleep) = components.and_then(RuntimeComponents::sleep_impl) {
            connector = connector.sleep_impl(sleep);
        }
        if proxy == Proxy::FromEnvironment {
            connector = connector.proxy_config(ProxyConfig::from_env());
        }
        connector.tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)).build()
    })
}

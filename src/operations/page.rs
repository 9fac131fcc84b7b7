//! Asks a server for a page over the network from here, by plain HTTP, as a visitor would.
//!
//! What answers is hostile: the answer is bounded in time and size, and cleaned before it is told.

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::domain::clean::clean_line;
use crate::domain::{Failure, FailureKind, Server, reason};
use crate::ssh::{self, Limits};

/// It must answer as wanted within this.
const PATIENCE: Duration = Duration::from_secs(30);
/// One try takes no longer.
const EACH: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(500);
/// So much of a page is read.
const LARGEST: usize = 1024 * 1024;
/// So many of its first lines are told.
const LINES: usize = 10;

/// What is asked for, and what must come.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// The name that is asked for.
    pub domain: &'a str,
    /// The port on the server.
    pub port: u16,
    /// The path, from its slash.
    pub path: &'a str,
    /// What the body must hold; empty for anything.
    pub holds: &'a str,
}

impl std::fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.port {
            80 => write!(f, "http://{}{}", self.domain, self.path),
            port => write!(f, "http://{}:{port}{}", self.domain, self.path),
        }
    }
}

/// Asks until the page answers with status 200 and holds its text, at most 30 s long.
///
/// # Errors
/// Says what answered last, with its first lines.
pub async fn fetch(server: &Server, page: Page<'_>, limits: &Limits) -> Result<(), Failure> {
    let until = Instant::now() + PATIENCE;
    loop {
        let limit = until.min(Instant::now() + EACH);
        let asked = timeout_at(limit, once(server, page, limits)).await;
        let failure = match asked {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(failure)) => failure,
            Err(_) => failed(format!("{page} did not answer in time.")),
        };
        let again = Instant::now() + PAUSE;
        if again >= until {
            return Err(failure.at_host(server.place()));
        }
        sleep_until(again).await;
    }
}

fn failed(message: String) -> Failure {
    Failure::new(FailureKind::Step, message).remedy(
        "See whether the web server runs there and what its error log says, and whether the \
         firewalls on the way let this machine in; then retry.",
    )
}

/// One try, over the first of the server's addresses at which anything listens.
async fn once(server: &Server, page: Page<'_>, limits: &Limits) -> Result<(), Failure> {
    let addresses = ssh::addresses(&server.host, page.port, limits).await?;
    let mut last = failed(format!("{page} has no address."));
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(tcp) => return exchange(tcp, address, page).await,
            Err(error) => {
                let text = format!("Nothing answers for {page} at {address}: {}.", reason(&error));
                last = failed(text);
            }
        }
    }
    Err(last)
}

async fn exchange(tcp: TcpStream, address: SocketAddr, page: Page<'_>) -> Result<(), Failure> {
    let broken = |error: hyper::Error| {
        let error = clean_line(error.to_string(), 200);
        failed(format!("What answers for {page} at {address} is no web server: {error}."))
    };
    let host = match page.port {
        80 => page.domain.to_owned(),
        port => format!("{}:{port}", page.domain),
    };
    let request = Request::builder()
        .method(Method::GET)
        .uri(page.path)
        .header(header::HOST, host)
        .header(header::USER_AGENT, "brokeforge")
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|e| Failure::internal(format!("{page} cannot be asked for: {e}.")))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(tcp)).await.map_err(broken)?;
    let asking = async {
        let response = sender.send_request(request).await.map_err(broken)?;
        judge(response, address, page).await
    };
    tokio::pin!(asking);
    tokio::select! {
        biased;
        judged = &mut asking => judged,
        // what was read before its end is still on the way to us
        _ = connection => asking.await,
    }
}

async fn judge(
    response: Response<Incoming>,
    address: SocketAddr,
    page: Page<'_>,
) -> Result<(), Failure> {
    let status = response.status();
    let body = read(response.into_body()).await;
    let holds = page.holds.as_bytes();
    let message = if status != StatusCode::OK {
        format!("{page} at {address} answers with status {status}, not 200.")
    } else if !holds.is_empty() && !body.windows(holds.len()).any(|part| part == holds) {
        let holds = clean_line(page.holds, 80);
        format!("{page} at {address} answers, but the page does not hold “{holds}”.")
    } else {
        return Ok(());
    };
    let text = String::from_utf8_lossy(&body);
    let lines = text.lines().map(|line| clean_line(line, 200)).filter(|line| !line.is_empty());
    Err(failed(message).lines(lines.take(LINES).collect()))
}

/// The body's beginning; one that breaks off is judged by what came.
async fn read(mut body: Incoming) -> Vec<u8> {
    let mut read = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        if let Some(data) = frame.data_ref() {
            read.extend_from_slice(data);
        }
        if read.len() > LARGEST {
            read.truncate(LARGEST);
            break;
        }
    }
    read
}

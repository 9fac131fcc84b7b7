//! One connection: greeting, login, channels.
#![allow(clippy::unwrap_used, reason = "support of tests")]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use russh::keys::PublicKey;
use russh::server::{
    self, Auth, ChannelOpenHandle, Msg, PublicKeyOffer, Response, VerifiedPublicKey,
};
use russh::{
    Channel, ChannelId, ChannelOpenFailure, Disconnect, MethodKind, MethodSet, Pty, SshId,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::wire::Faulty;
use super::{Behaviour, Greeting, Login, Shared, exec};

struct Standing(Arc<Shared>);

impl Drop for Standing {
    fn drop(&mut self) {
        self.0.count(|counts| counts.standing -= 1);
    }
}

pub async fn serve(shared: Arc<Shared>, mut tcp: TcpStream, peer: SocketAddr) {
    shared.count(|counts| {
        counts.connections += 1;
        counts.standing += 1;
    });
    let _standing = Standing(Arc::clone(&shared));
    let cut = shared.cut.lock().unwrap().child_token();
    let behaviour = shared.behaviour();
    match &behaviour.greeting {
        Greeting::Ssh => {
            let _ = tcp.set_nodelay(true);
            let stream = Faulty::new(tcp, behaviour.wire, cut.clone(), &shared.frozen);
            let session = Session {
                answered: 0,
                shared,
                behaviour: behaviour.clone(),
                peer,
                channels: HashMap::new(),
                cut: cut.clone(),
                sessions: Arc::default(),
            };
            if let Ok(running) = server::run_stream(config(&behaviour), stream, session).await {
                // how it ended is for the client to judge
                let _ = running.await;
            }
        }
        raw => {
            let said = async {
                match raw {
                    Greeting::Drip(pause) => {
                        for &byte in b"SSH-2.0-drip".iter().cycle() {
                            tcp.write_all(&[byte]).await?;
                            tokio::time::sleep(*pause).await;
                        }
                    }
                    Greeting::Parting(bytes) => return tcp.write_all(bytes).await,
                    Greeting::Other(bytes) => tcp.write_all(bytes).await?,
                    Greeting::Ssh | Greeting::Silent => {}
                }
                let mut heard = [0; 1024];
                while tcp.read(&mut heard).await? > 0 {}
                Ok(())
            };
            tokio::select! {
                _ = said => {}
                () = cut.cancelled() => {}
            }
        }
    }
}

fn config(behaviour: &Behaviour) -> Arc<server::Config> {
    let methods = match (behaviour.login, &behaviour.password) {
        (Login::PasswordOnly, _) => vec![MethodKind::Password],
        (Login::Questions(_), _) => vec![MethodKind::KeyboardInteractive],
        (_, Some(_)) => vec![MethodKind::PublicKey, MethodKind::Password],
        (_, None) => vec![MethodKind::PublicKey],
    };
    Arc::new(server::Config {
        server_id: SshId::Standard("SSH-2.0-brokeforge_test".into()),
        methods: MethodSet::from(methods.as_slice()),
        auth_rejection_time: Duration::ZERO,
        keys: behaviour.host_keys.clone(),
        window_size: behaviour.window,
        preferred: behaviour.preferred.clone(),
        max_auth_attempts: 6,
        inactivity_timeout: None,
        nodelay: true,
        ..server::Config::default()
    })
}

struct Session {
    shared: Arc<Shared>,
    behaviour: Behaviour,
    peer: SocketAddr,
    channels: HashMap<ChannelId, (Channel<Msg>, OpenChannel)>,
    cut: tokio_util::sync::CancellationToken,
    /// Questions that were answered.
    answered: usize,
    /// Held by each open channel of this connection.
    sessions: Arc<()>,
}

/// Counts an open channel as long as it is.
pub struct OpenChannel(
    Arc<Shared>,
    #[expect(dead_code, reason = "counted by its holders")] Arc<()>,
);

impl OpenChannel {
    fn new(shared: &Arc<Shared>, sessions: &Arc<()>) -> Self {
        shared.count(|counts| {
            counts.channels += 1;
            counts.most_channels = counts.most_channels.max(counts.channels);
        });
        Self(Arc::clone(shared), Arc::clone(sessions))
    }
}

impl Drop for OpenChannel {
    fn drop(&mut self) {
        self.0.count(|counts| counts.channels -= 1);
    }
}

impl Session {
    fn knows(&self, key: &PublicKey) -> bool {
        let file = self.behaviour.authorized_file.as_ref();
        let file = file.and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
        let authorized = self.shared.behaviour().authorized;
        authorized
            .iter()
            .map(String::as_str)
            .chain(file.lines())
            .filter_map(|line| PublicKey::from_openssh(line).ok())
            .any(|known| known.key_data() == key.key_data())
    }
}

impl server::Handler for Session {
    type Error = russh::Error;

    async fn authentication_banner(&mut self) -> Result<Option<String>, Self::Error> {
        Ok(self.behaviour.notice.clone())
    }

    async fn auth_password(&mut self, _user: &str, password: &str) -> Result<Auth, Self::Error> {
        self.shared.count(|counts| counts.passwords += 1);
        let known = self.behaviour.password.as_deref() == Some(password);
        Ok(if known { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _user: &str,
        _submethods: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        let Login::Questions(times) = self.behaviour.login else { return Ok(Auth::reject()) };
        if let Some(response) = response {
            self.shared.count(|counts| counts.passwords += 1);
            let answers: Vec<_> = response.collect();
            let password = self.behaviour.password.as_deref().unwrap_or_default();
            if !matches!(answers.as_slice(), [one] if one.as_ref() == password.as_bytes()) {
                return Ok(Auth::reject());
            }
            self.answered += 1;
            if self.answered == times {
                return Ok(Auth::Accept);
            }
        }
        let prompts = vec![("Password: ".into(), false)].into();
        Ok(Auth::Partial { name: "".into(), instructions: "".into(), prompts })
    }

    async fn auth_publickey_offered(
        &mut self,
        _user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        self.shared.count(|counts| counts.offers += 1);
        match self.behaviour.login {
            Login::Stall => std::future::pending().await,
            Login::HangUp => Err(russh::Error::Disconnect),
            Login::Authorized if self.knows(offer.public_key) => Ok(Auth::Accept),
            Login::Authorized | Login::PasswordOnly | Login::Questions(_) => Ok(Auth::reject()),
        }
    }

    async fn auth_publickey(
        &mut self,
        _user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(if self.knows(key.public_key) { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_succeeded(&mut self, session: &mut server::Session) -> Result<(), Self::Error> {
        self.shared.count(|counts| counts.logins += 1);
        if self.behaviour.open_channels {
            tokio::spawn(open_channels(Arc::clone(&self.shared), session.handle()));
        }
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut server::Session,
    ) -> Result<(), Self::Error> {
        let full = {
            let mut behaviour = self.shared.behaviour.lock().unwrap();
            let refuse = behaviour.refuse_opens > 0;
            behaviour.refuse_opens -= usize::from(refuse);
            refuse || Arc::strong_count(&self.sessions) > behaviour.max_sessions
        };
        if full {
            reply.reject(ChannelOpenFailure::ConnectFailed).await;
        } else {
            let open = OpenChannel::new(&self.shared, &self.sessions);
            self.channels.insert(channel.id(), (channel, open));
            reply.accept().await;
        }
        Ok(())
    }

    async fn channel_close(
        &mut self,
        channel: ChannelId,
        _session: &mut server::Session,
    ) -> Result<(), Self::Error> {
        self.channels.remove(&channel);
        Ok(())
    }

    async fn pty_request(
        &mut self,
        id: ChannelId,
        term: &str,
        columns: u32,
        rows: u32,
        _pixel_columns: u32,
        _pixel_rows: u32,
        _modes: &[(Pty, u32)],
        session: &mut server::Session,
    ) -> Result<(), Self::Error> {
        if self.behaviour.no_terminals {
            return session.channel_failure(id);
        }
        self.shared.count(|counts| counts.terminals.push((term.into(), columns, rows)));
        session.channel_success(id)
    }

    async fn window_change_request(
        &mut self,
        _id: ChannelId,
        columns: u32,
        rows: u32,
        _pixel_columns: u32,
        _pixel_rows: u32,
        _session: &mut server::Session,
    ) -> Result<(), Self::Error> {
        self.shared.count(|counts| counts.resizes.push((columns, rows)));
        Ok(())
    }

    async fn shell_request(
        &mut self,
        id: ChannelId,
        session: &mut server::Session,
    ) -> Result<(), Self::Error> {
        self.exec_request(id, b"", session).await
    }

    async fn exec_request(
        &mut self,
        id: ChannelId,
        command: &[u8],
        session: &mut server::Session,
    ) -> Result<(), Self::Error> {
        let command = String::from_utf8_lossy(command).into_owned();
        self.shared.count(|counts| counts.commands.push(command.clone()));
        let Some((channel, open)) = self.channels.remove(&id) else { return Ok(()) };
        tokio::spawn(exec::serve(exec::Job {
            shared: Arc::clone(&self.shared),
            handle: session.handle(),
            cut: self.cut.clone(),
            peer: self.peer,
            channel,
            open,
            command,
        }));
        Ok(())
    }
}

/// What a taken-over server tries.
async fn open_channels(shared: Arc<Shared>, handle: server::Handle) {
    let replies = [
        ("forwarded-tcpip", handle.channel_open_forwarded_tcpip("h", 1, "o", 2).await.is_ok()),
        ("forwarded-streamlocal", handle.channel_open_forwarded_streamlocal("/s").await.is_ok()),
        ("auth-agent", handle.channel_open_agent().await.is_ok()),
        ("session", handle.channel_open_session().await.is_ok()),
        ("direct-tcpip", handle.channel_open_direct_tcpip("h", 1, "o", 2).await.is_ok()),
        ("direct-streamlocal", handle.channel_open_direct_streamlocal("/s").await.is_ok()),
        ("x11", handle.channel_open_x11("o", 3).await.is_ok()),
    ];
    shared.count(|counts| counts.replies.extend(replies));
}

/// Hangs up as a server does that says why.
pub async fn hang_up(handle: &server::Handle, why: &str) {
    let _ = handle.disconnect(Disconnect::ByApplication, why.into(), String::new()).await;
}

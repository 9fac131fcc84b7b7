//! Secrets on their way over the socket: the one form in which they are serialised, and only where
//! a call names it. Text and bytes on the way are wiped; nothing of it reaches a log.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

use crate::domain::Secret;

/// A secret that is meant to cross the socket.
#[derive(Debug, Clone)]
pub struct Crossing(pub Secret);

impl Serialize for Crossing {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&Zeroizing::new(STANDARD.encode(self.0.reveal())))
    }
}

impl<'de> Deserialize<'de> for Crossing {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Crossing;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a secret")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Crossing, E> {
                let bytes = STANDARD.decode(text).map_err(|_| E::custom("a secret is torn"))?;
                Ok(Crossing(Secret::new(bytes)))
            }
        }
        // borrowed from the frame: no other copy is made
        from.deserialize_str(Text)
    }
}

/// For a field of a call that holds a secret.
pub(super) mod secret {
    use super::{Crossing, Secret};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in super::super) fn serialize<S: Serializer>(
        secret: &Option<Secret>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        secret.clone().map(Crossing).serialize(to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Secret>, D::Error> {
        Ok(Option::<Crossing>::deserialize(from)?.map(|crossing| crossing.0))
    }
}

/// The same for several by name.
pub(super) mod secrets {
    use std::collections::BTreeMap;

    use super::{Crossing, Secret};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(in super::super) fn serialize<S: Serializer>(
        secrets: &BTreeMap<String, Secret>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_map(secrets.iter().map(|(name, secret)| (name, Crossing(secret.clone()))))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeMap<String, Secret>, D::Error> {
        let crossed = BTreeMap::<String, Crossing>::deserialize(from)?;
        Ok(crossed.into_iter().map(|(name, crossing)| (name, crossing.0)).collect())
    }
}

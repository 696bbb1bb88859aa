//! The requests in memory: by number, and found by key without a look through a long queue. Decides nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use super::{Request, RequestId};
use crate::model::bytes::Digest;

/// Requests by number; read as the map that they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requests {
    by_id: BTreeMap<RequestId, Request>,
    by_key: BTreeSet<(Digest, RequestId)>,
}

impl Requests {
    /// Takes a request in, in the place of one with its number.
    pub fn insert(&mut self, id: RequestId, request: Request) {
        self.remove(&id);
        self.by_key.insert((request.pkcs10.key.sha256, id));
        self.by_id.insert(id, request);
    }

    /// Forgets a request.
    pub fn remove(&mut self, id: &RequestId) {
        if let Some(request) = self.by_id.remove(id) {
            self.by_key.remove(&(request.pkcs10.key.sha256, *id));
        }
    }

    /// Gives a request to be changed; what it asks for never does.
    pub fn get_mut(&mut self, id: &RequestId) -> Option<&mut Request> {
        self.by_id.get_mut(id)
    }

    /// Gives every request to be changed; what they ask for never does.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Request> {
        self.by_id.values_mut()
    }

    /// Lists the requests that ask with this key, by number.
    pub fn of_key(&self, key: &Digest) -> impl DoubleEndedIterator<Item = &Request> {
        let all = (*key, RequestId(0))..=(*key, RequestId(u64::MAX));
        self.by_key.range(all).filter_map(|(_, id)| self.by_id.get(id))
    }
}

impl Deref for Requests {
    type Target = BTreeMap<RequestId, Request>;

    fn deref(&self) -> &Self::Target {
        &self.by_id
    }
}

impl FromIterator<(RequestId, Request)> for Requests {
    fn from_iter<T: IntoIterator<Item = (RequestId, Request)>>(requests: T) -> Self {
        let by_id: BTreeMap<_, _> = requests.into_iter().collect();
        let by_key = by_id.iter().map(|(id, request)| (request.pkcs10.key.sha256, *id)).collect();
        Self { by_id, by_key }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::bytes::Der;
    use crate::model::key::KeyInfo;
    use crate::model::name::Name;
    use crate::model::request::{Pkcs10, Proof, Received};

    fn request(id: u64, key: u8) -> (RequestId, Request) {
        let sha256 = Digest([key; 32]);
        let pkcs10 = Pkcs10 {
            der: Der::default(),
            sha256: Digest::default(),
            subject: Name::default(),
            key: KeyInfo { algorithm: "P-256".into(), bits: 256, spki: Der::default(), sha256 },
            alt_names: Vec::new(),
            extensions: Vec::new(),
            attributes: Vec::new(),
            signature: "ECDSA SHA-256".into(),
            proof: Proof::Good,
        };
        (RequestId(id), Request::new(RequestId(id), pkcs10, None, Received::default()))
    }

    #[test]
    fn requests_are_found_by_key_as_long_as_they_are_kept() {
        let mut kept: Requests = [request(3, 1), request(1, 1), request(2, 2)].into_iter().collect();
        let of =
            |kept: &Requests, key: u8| kept.of_key(&Digest([key; 32])).map(|r| r.id.0).collect::<Vec<_>>();
        assert_eq!((of(&kept, 1), of(&kept, 2), of(&kept, 3)), (vec![1, 3], vec![2], vec![]));
        let (id, again) = request(3, 2);
        kept.insert(id, again);
        kept.remove(&RequestId(2));
        assert_eq!((of(&kept, 1), of(&kept, 2)), (vec![1], vec![3]));
        assert_eq!(kept.len(), 2);
    }
}

//! `skep:worker/message`: the message being handled.

use tokio::time::Instant;
use wasmtime::Result;

use crate::hostcalls::Host;
use crate::hostcalls::bindings::skep::worker::message as wit;
use crate::hostcalls::convert::{addresses, route, texts, to_wit};

impl wit::Host for Host {
    fn recipient(&mut self) -> Result<String> {
        Ok(self.working()?.message()?.recipient.to_string())
    }

    fn onward_route(&mut self) -> Result<Vec<String>> {
        Ok(texts(&self.working()?.message()?.onward.to_route()))
    }

    fn return_route(&mut self) -> Result<Vec<String>> {
        Ok(texts(&self.working()?.message()?.back.to_route()))
    }

    fn sender(&mut self) -> Result<wit::Origin> {
        Ok((&self.working()?.message()?.origin).into())
    }

    fn attempt(&mut self) -> Result<u32> {
        Ok(self.working()?.message()?.failures.attempt())
    }

    fn awaited(&mut self) -> Result<Option<u32>> {
        let token = self.working()?.message()?.token.as_ref();
        Ok(token.map(|token| {
            let left = token.pending().deadline().saturating_duration_since(Instant::now());
            // Below 2^31, which QuickJS can hold.
            u32::try_from(left.as_millis()).unwrap_or(u32::MAX).min(i32::MAX as u32)
        }))
    }

    fn reply(&mut self, payload: Vec<u8>) -> Result<Result<(), wit::SendError>> {
        let payload = self.take(payload)?;
        Ok(self.working()?.reply(payload)?.map_err(to_wit))
    }

    fn forward(
        &mut self,
        via: Vec<String>,
        payload: Option<Vec<u8>>,
    ) -> Result<Result<(), wit::SendError>> {
        self.budget.spend(addresses(&via))?;
        let payload = payload.map(|payload| self.take(payload)).transpose()?;
        let via = match route(&via) {
            Ok(via) => via,
            Err(why) => return Ok(Err(why)),
        };
        Ok(self.working()?.forward(via, payload)?.map_err(to_wit))
    }
}

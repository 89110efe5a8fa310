//! `skep:worker/node`: the node, as a worker may use it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use wasmtime::{Result, bail};

use crate::hostcalls::Host;
use crate::hostcalls::bindings::skep::worker::node as wit;
use crate::hostcalls::convert::{address, addresses, request_to_wit, route, start_to_wit, to_wit};

/// The most bytes of one `random-bytes`, as `wit/worker.wit` says.
const MOST_RANDOM: u32 = 4_096;

/// What a component's name, a worker's name or a configuration key may have.
const MOST_TEXT: usize = 1_024;

impl wit::Host for Host {
    fn own_address(&mut self) -> Result<String> {
        Ok(self.working()?.asker().address().to_string())
    }

    fn send(&mut self, to: Vec<String>, payload: Vec<u8>) -> Result<Result<(), wit::SendError>> {
        self.budget.spend(addresses(&to))?;
        let payload = self.take(payload)?;
        let to = match route(&to) {
            Ok(to) => to,
            Err(why) => return Ok(Err(why)),
        };
        Ok(self.working()?.send(to, payload).map_err(to_wit))
    }

    async fn request(
        &mut self,
        to: Vec<String>,
        payload: Vec<u8>,
        timeout_ms: u32,
    ) -> Result<Result<Vec<u8>, wit::RequestError>> {
        self.budget.spend(addresses(&to))?;
        let payload = self.take(payload)?;
        let to = match route(&to) {
            Ok(to) => to,
            Err(why) => return Ok(Err(wit::RequestError::Send(why))),
        };
        let timeout = Duration::from_millis(timeout_ms.into());
        let pending = match self.working()?.request(to, payload, timeout) {
            Ok(pending) => pending,
            Err(why) => return Ok(Err(request_to_wit(why))),
        };
        let outcome = self.handling.wait(&pending).await;
        self.budget.resume();
        Ok(outcome.map(Into::into).map_err(request_to_wit))
    }

    fn send_after(
        &mut self,
        delay_ms: u32,
        to: Vec<String>,
        payload: Vec<u8>,
    ) -> Result<Result<u64, wit::SendError>> {
        self.budget.spend(addresses(&to))?;
        let payload = self.take(payload)?;
        let to = match route(&to) {
            Ok(to) => to,
            Err(why) => return Ok(Err(why)),
        };
        let delay = Duration::from_millis(delay_ms.into());
        Ok(self.working()?.send_after(delay, to, payload).map_err(to_wit))
    }

    fn cancel(&mut self, timer: u64) -> Result<()> {
        Ok(self.working()?.cancel(timer)?)
    }

    fn start_worker(
        &mut self,
        component: String,
        name: Option<String>,
        args: Vec<u8>,
    ) -> Result<Result<String, wit::StartError>> {
        let texts = component.len().max(name.as_ref().map_or(0, String::len));
        self.budget.spend(component.len() + texts + args.len())?;
        if texts > MOST_TEXT {
            return Ok(Err(wit::StartError::Invalid(format!(
                "a name has at most {MOST_TEXT} bytes"
            ))));
        }
        let started = self.working()?.start_worker(&component, name.as_deref(), args);
        Ok(started.map(|address| address.to_string()).map_err(start_to_wit))
    }

    fn stop_worker(&mut self, worker: String) -> Result<Result<(), wit::SendError>> {
        let worker = match address(&worker) {
            Ok(worker) => worker,
            Err(why) => return Ok(Err(why)),
        };
        Ok(self.working()?.stop_worker(&worker).map_err(to_wit))
    }

    fn monitor(&mut self, worker: String, payload: Vec<u8>) -> Result<Result<(), wit::SendError>> {
        let payload = self.take(payload)?;
        let worker = match address(&worker) {
            Ok(worker) => worker,
            Err(why) => return Ok(Err(why)),
        };
        Ok(self.working()?.monitor(worker, payload).map_err(to_wit))
    }

    fn demonitor(&mut self, worker: String) -> Result<()> {
        // Nobody is at an address that is none, so there is nothing to forget.
        let Ok(worker) = address(&worker) else { return Ok(()) };
        Ok(self.working()?.demonitor(worker)?)
    }

    fn stop_node(&mut self) -> Result<Result<(), wit::SendError>> {
        Ok(self.working()?.stop_node().map_err(to_wit))
    }

    fn config(&mut self, key: String) -> Result<Option<String>> {
        self.budget.spend(key.len())?;
        Ok(self.working()?.options().config.get(&key).cloned())
    }

    fn now(&mut self) -> Result<u64> {
        self.working()?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
    }

    fn random_bytes(&mut self, count: u32) -> Result<Vec<u8>> {
        self.working()?;
        if count > MOST_RANDOM {
            bail!("`random-bytes` gives at most {MOST_RANDOM} bytes, {count} were asked for");
        }
        self.budget.spend_random(count as usize)?;
        let mut bytes = vec![0; count as usize];
        getrandom::fill(&mut bytes)?;
        Ok(bytes)
    }

    fn log(&mut self, level: wit::Level, text: String) -> Result<()> {
        self.budget.spend(text.len())?;
        self.log.write(level.into(), &text);
        Ok(())
    }
}

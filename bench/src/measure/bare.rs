//! Wasmtime alone: a component of the same guest, called, instantiated and restored, with no
//! budget, mailbox or outbox.

use std::time::Instant;

use skep_tests::guests::guest;
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Config, Engine, Store};
use wit_component::ComponentEncoder;

use super::parts;
use crate::Result;
use crate::ask::Ask;
use crate::figures::Figures;

/// What a component exports.
const HANDLER: &str = "skep:worker/handler@0.1.0";
const STATE: &str = "skep:worker/state@0.1.0";

const MESSAGE: &str = "skep:worker/message@0.1.0";

type Handle = wasmtime::component::TypedFunc<(Vec<u8>,), (std::result::Result<(), Failure>,)>;
type Restore = wasmtime::component::TypedFunc<(Vec<u8>,), (std::result::Result<(), String>,)>;

/// As in the contract.
#[derive(wasmtime::component::ComponentType, wasmtime::component::Lift)]
#[component(variant)]
enum Failure {
    #[component(name = "retry")]
    Retry(String),
    #[component(name = "reject")]
    Reject(String),
}

/// As in the contract.
#[derive(wasmtime::component::ComponentType, wasmtime::component::Lower)]
#[component(variant)]
#[expect(dead_code, reason = "nothing is refused here")]
enum SendError {
    #[component(name = "no-route")]
    NoRoute(String),
    #[component(name = "mailbox-full")]
    MailboxFull(String),
    #[component(name = "denied")]
    Denied(String),
    #[component(name = "too-large")]
    TooLarge(u32),
    #[component(name = "quota")]
    Quota(String),
    #[component(name = "hop-limit")]
    HopLimit,
    #[component(name = "closed")]
    Closed,
    #[component(name = "other")]
    Other(String),
}

/// What a handler said.
fn handled(said: std::result::Result<(), Failure>) -> Result<()> {
    said.map_err(|(Failure::Retry(why) | Failure::Reject(why))| why.into())
}

/// A component that can be instantiated.
struct Bare {
    engine: Engine,
    pre: InstancePre<Vec<u8>>,
}

impl Bare {
    fn new(name: &str) -> Result<Self> {
        let engine = Engine::new(Config::new().concurrency_support(false))?;
        let encoder = ComponentEncoder::default().module(&guest(name))?.encode()?;
        let component = Component::from_binary(&engine, &encoder)?;
        let mut linker = Linker::new(&engine);
        linker.define_unknown_imports_as_traps(&component)?;
        linker.allow_shadowing(true);
        // With its types, as a host has it: what is lifted and lowered untyped takes twice as long.
        linker.instance(MESSAGE)?.func_wrap("reply", |mut store, (payload,): (Vec<u8>,)| {
            *store.data_mut() = payload;
            Ok((Ok::<(), SendError>(()),))
        })?;
        let pre = linker.instantiate_pre(&component)?;
        Ok(Self { engine, pre })
    }

    fn instance(&self) -> Result<(Store<Vec<u8>>, wasmtime::component::Instance)> {
        let mut store = Store::new(&self.engine, Vec::new());
        let instance = self.pre.instantiate(&mut store)?;
        Ok((store, instance))
    }
}

fn export<P, R>(
    store: &mut Store<Vec<u8>>,
    instance: &wasmtime::component::Instance,
    interface: &str,
    name: &str,
) -> Result<wasmtime::component::TypedFunc<P, R>>
where
    P: wasmtime::component::ComponentNamedList + wasmtime::component::Lower,
    R: wasmtime::component::ComponentNamedList + wasmtime::component::Lift,
{
    let outer = instance.get_export_index(&mut *store, None, interface);
    let outer = outer.ok_or("the interface is not exported")?;
    let index = instance.get_export_index(&mut *store, Some(&outer), name);
    Ok(instance.get_typed_func(&mut *store, index.ok_or("the function is not exported")?)?)
}

/// Many calls of one instance.
#[expect(clippy::unused_async, reason = "as all measurements")]
pub(super) async fn call(ask: &Ask) -> Result<Figures> {
    let (mut store, instance) = Bare::new("bare")?.instance()?;
    let handle: Handle = export(&mut store, &instance, HANDLER, "handle")?;
    let (mut times, all) = (Vec::with_capacity(ask.count), Instant::now());
    for _ in 0..ask.count {
        let began = Instant::now();
        handled(handle.call(&mut store, (vec![1; ask.size],))?.0)?;
        times.push(parts::nanoseconds(began));
    }
    Ok(Figures::times(times, all.elapsed()))
}

/// Instantiate, call once, drop.
#[expect(clippy::unused_async, reason = "as all measurements")]
pub(super) async fn first(ask: &Ask) -> Result<Figures> {
    let bare = Bare::new("bare")?;
    let (mut times, all) = (Vec::with_capacity(ask.count), Instant::now());
    for _ in 0..ask.count {
        let began = Instant::now();
        let (mut store, instance) = bare.instance()?;
        let handle: Handle = export(&mut store, &instance, HANDLER, "handle")?;
        handled(handle.call(&mut store, (vec![1; ask.size],))?.0)?;
        drop(store);
        times.push(parts::nanoseconds(began));
    }
    Ok(Figures::times(times, all.elapsed()))
}

/// Instantiate, restore 1 KiB of state, call once.
#[expect(clippy::unused_async, reason = "as all measurements")]
pub(super) async fn wake(ask: &Ask) -> Result<Figures> {
    let (bare, state) = (Bare::new("keeper")?, vec![b's'; 1_024]);
    let (mut times, all, mut stores) = (Vec::with_capacity(ask.count), Instant::now(), Vec::new());
    for _ in 0..ask.count {
        let began = Instant::now();
        let (mut store, instance) = bare.instance()?;
        let restore: Restore = export(&mut store, &instance, STATE, "restore")?;
        restore.call(&mut store, (state.clone(),))?.0?;
        let handle: Handle = export(&mut store, &instance, HANDLER, "handle")?;
        handled(handle.call(&mut store, (b"reply".to_vec(),))?.0)?;
        times.push(parts::nanoseconds(began));
        // A worker that wakes stays awake: none is dropped within a measured time.
        stores.push(store);
        stores.truncate(if stores.len() > 500 { 0 } else { stores.len() });
    }
    Ok(Figures::times(times, all.elapsed()))
}

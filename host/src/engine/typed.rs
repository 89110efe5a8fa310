//! Whether a component's exports have the types of `wit/worker.wit`. Finding them by name is
//! not enough: otherwise only a first message would show that they are something else.

use wasmtime::Engine;
use wasmtime::component::types::{ComponentFunc, ComponentInstance, ComponentItem};
use wasmtime::component::{ComponentNamedList, InstancePre, Lift, Lower};

use crate::engine::admission::AdmissionError;
use crate::engine::admission::contract::Name;
use crate::hostcalls::Host;
use crate::hostcalls::bindings::exports::skep::worker::{handler, lifecycle};

/// What a call gives back that may say why it failed.
type Said<T> = (Result<T, String>,);

/// One interface that a component exports.
struct Interface<'a> {
    engine: &'a Engine,
    pre: &'a InstancePre<Host>,
    name: &'a str,
    found: &'a ComponentInstance,
}

/// Refuses a component whose functions are not those of a worker.
pub(super) fn check(engine: &Engine, pre: &InstancePre<Host>) -> Result<(), AdmissionError> {
    let exports = pre.component().component_type();
    for (name, export) in exports.exports(engine) {
        let ComponentItem::ComponentInstance(found) = &export.ty else { continue };
        let Some(ours) = Name::of(name).filter(|name| name.is_ours() && name.is_spoken()) else {
            continue;
        };
        let interface = Interface { engine, pre, name, found };
        match ours.interface {
            "handler" => {
                interface.has::<(&[u8],), (Result<(), handler::Failure>,)>("handle")?;
            }
            "series" => {
                interface.has::<(&[u8],), (Result<(), handler::Failure>,)>("handle-series")?;
            }
            "lifecycle" => {
                interface.has::<(&[u8], &lifecycle::Birth), Said<()>>("start")?;
                interface.has::<(), ()>("stop")?;
            }
            "state" => {
                interface.has::<(), Said<Vec<u8>>>("save")?;
                interface.has::<(&[u8],), Said<()>>("restore")?;
            }
            _ => {}
        }
    }
    Ok(())
}

impl Interface<'_> {
    fn has<Given, Said>(&self, function: &str) -> Result<(), AdmissionError>
    where
        Given: ComponentNamedList + Lower,
        Said: ComponentNamedList + Lift,
    {
        let wrong = |why: &str| AdmissionError::contract(self.name, function, why);
        let export = self.found.get_export(self.engine, function);
        let function: ComponentFunc = match export.map(|export| export.ty) {
            Some(ComponentItem::ComponentFunc(function)) => function,
            _ => return Err(wrong("there is no such function")),
        };
        let typed = function.typecheck::<Given, Said>(&self.pre.instance_type());
        typed.map_err(|why| wrong(&format!("{why:#}")))
    }
}

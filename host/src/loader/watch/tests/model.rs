//! Whatever happens to the files: what was told ends up as what is there, and what is half
//! written is never told while it is still being written.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::bench::Bench;

#[derive(Clone, Debug)]
enum Deed {
    /// A component in one go.
    Put {
        worker: u8,
        text: u8,
    },
    /// A component in pieces, so many milliseconds apart.
    Copy {
        worker: u8,
        text: u8,
        pieces: u8,
        apart: u16,
    },
    Manifest {
        worker: u8,
        args: u8,
    },
    Remove {
        worker: u8,
        is_manifest: bool,
    },
    Touch {
        worker: u8,
    },
    Wait(u16),
    /// The node has dealt with a change, or could not.
    Answer {
        worker: u8,
        is_done: bool,
    },
}

fn deed() -> impl Strategy<Value = Deed> {
    let worker = || 0_u8..3;
    prop_oneof![
        (worker(), 0_u8..4).prop_map(|(worker, text)| Deed::Put { worker, text }),
        (worker(), 0_u8..4, 1_u8..6, 0_u16..400).prop_map(|(worker, text, pieces, apart)| {
            Deed::Copy { worker, text, pieces, apart }
        }),
        (worker(), 0_u8..3).prop_map(|(worker, args)| Deed::Manifest { worker, args }),
        (worker(), any::<bool>())
            .prop_map(|(worker, is_manifest)| Deed::Remove { worker, is_manifest }),
        worker().prop_map(|worker| Deed::Touch { worker }),
        (0_u16..1_500).prop_map(Deed::Wait),
        (worker(), any::<bool>()).prop_map(|(worker, is_done)| Deed::Answer { worker, is_done }),
    ]
}

/// What the node has, by what it was told.
#[derive(Default)]
struct Node {
    /// What each worker is made from; nothing where that is an error.
    workers: BTreeMap<String, Option<String>>,
    /// What is being dealt with, and what there was before.
    open: BTreeMap<String, Option<Option<String>>>,
}

impl Node {
    fn hear(&mut self, told: Vec<String>) {
        for line in told {
            let (sign, rest) = line.split_at(2);
            let (worker, what) = rest.split_once(' ').unwrap_or((rest, ""));
            assert!(!what.ends_with('<'), "half of it was told: {line}");
            let had = self.workers.get(worker).cloned();
            assert!(had.is_none() == (sign == "+ "), "{had:?}, and then {line}");
            assert!(self.open.insert(worker.into(), had).is_none(), "two at a time: {line}");
            let what = (!what.starts_with('!')).then(|| what.to_owned());
            match sign {
                "- " => drop(self.workers.remove(worker)),
                _ => drop(self.workers.insert(worker.into(), what)),
            }
        }
    }

    fn answer(&mut self, bench: &mut Bench, worker: &str, is_done: bool) {
        let Some(had) = self.open.remove(worker) else { return };
        if !is_done {
            match had {
                Some(had) => drop(self.workers.insert(worker.into(), had)),
                None => drop(self.workers.remove(worker)),
            }
        }
        bench.answer(worker, is_done);
    }

    /// Deals with everything until nothing more is told.
    fn finish(&mut self, bench: &mut Bench) {
        for _ in 0..20 {
            self.hear(bench.pass(4_000));
            let open: Vec<_> = self.open.keys().cloned().collect();
            open.iter().for_each(|worker| self.answer(bench, worker, true));
        }
    }
}

fn act(bench: &mut Bench, node: &mut Node, deed: &Deed) {
    let file = |worker: u8, ending: &str| format!("w{worker}.{ending}");
    match deed {
        Deed::Put { worker, text } => bench.write(&file(*worker, "wasm"), &format!("t{text}")),
        Deed::Copy { worker, text, pieces, apart } => {
            for piece in 0..*pieces {
                bench.write(&file(*worker, "wasm"), &format!("t{text}{piece}<"));
                node.hear(bench.pass((*apart).into()));
            }
            bench.write(&file(*worker, "wasm"), &format!("t{text}"));
        }
        Deed::Manifest { worker, args } => {
            bench.write(&file(*worker, "toml"), &format!("args = \"{args}\""));
        }
        Deed::Remove { worker, is_manifest } => {
            bench.disk.remove(&file(*worker, if *is_manifest { "toml" } else { "wasm" }));
        }
        Deed::Touch { worker } => {
            bench.touch_if_there(&file(*worker, "wasm"));
        }
        Deed::Wait(milliseconds) => node.hear(bench.pass((*milliseconds).into())),
        Deed::Answer { worker, is_done } => node.answer(bench, &format!("w{worker}"), *is_done),
    }
    node.hear(bench.pass(10));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn what_is_told_ends_up_as_what_is_there(deeds in prop::collection::vec(deed(), 1..40)) {
        let (mut bench, mut node) = (Bench::new(""), Node::default());
        bench.answers = false;
        for deed in &deeds {
            act(&mut bench, &mut node, deed);
        }
        node.finish(&mut bench);
        let has = node.workers.into_iter().filter_map(|(worker, what)| Some((worker, what?)));
        prop_assert_eq!(has.collect::<BTreeMap<_, _>>(), bench.truth());
        prop_assert!(bench.pass(5_000).is_empty());
    }
}

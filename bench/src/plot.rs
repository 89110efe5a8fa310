//! The ratios as a picture: how much of each peer's figure Skep's is.

use std::fmt::Write;

use crate::report::Line;
use crate::rows::Aim;

const ROW: usize = 22;
const LEFT: f64 = 380.0;
const WIDTH: f64 = 420.0;
/// From a hundredth to a hundred times, in powers of ten.
const DECADES: f64 = 4.0;

/// All rows with a ratio: bars on a logarithmic scale from 1, and a mark for what is aimed at.
pub(crate) fn svg(lines: &[Line]) -> String {
    let rows: Vec<_> = lines.iter().filter_map(|line| Some((line, line.ratio?))).collect();
    let height = (rows.len() + 3) * ROW;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"900\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"10\" y=\"16\">Skep's figure as a share of the peer's; the mark is the aim</text>\n"
    );
    for (index, (line, ratio)) in rows.iter().enumerate() {
        // Writing to a text does not fail.
        let _ = bar(&mut out, line, *ratio, (index + 2) * ROW);
    }
    let middle = at(1.0);
    let _ = writeln!(
        out,
        "<line x1=\"{middle}\" y1=\"{ROW}\" x2=\"{middle}\" y2=\"{height}\" stroke=\"black\"/>\n</svg>"
    );
    out
}

fn bar(out: &mut String, line: &Line, ratio: f64, y: usize) -> std::fmt::Result {
    let (from, to) = (at(1.0).min(at(ratio)), at(1.0).max(at(ratio)));
    let colour = match line.is_met() {
        Some(true) => "#3a7d44",
        Some(false) => "#b5482f",
        None => "#8a8a8a",
    };
    let name = format!("{} / {}", line.row.name, line.peer_name()).replace('&', "&amp;");
    let (top, base) = (y - 12, y);
    writeln!(out, "<text x=\"10\" y=\"{base}\">{name}</text>")?;
    writeln!(
        out,
        "<rect x=\"{from:.1}\" y=\"{top}\" width=\"{:.1}\" height=\"14\" fill=\"{colour}\"/>",
        to - from
    )?;
    writeln!(out, "<text x=\"{:.1}\" y=\"{base}\">{ratio:.2}</text>", LEFT + WIDTH + 10.0)?;
    if let Aim::AtMost(aim) | Aim::AtLeast(aim) = line.row.aim {
        let x = at(aim);
        let bottom = y + 4;
        writeln!(
            out,
            "<line x1=\"{x:.1}\" y1=\"{top}\" x2=\"{x:.1}\" y2=\"{bottom}\" stroke=\"black\" stroke-width=\"2\"/>"
        )?;
    }
    Ok(())
}

/// Where a ratio lies.
fn at(ratio: f64) -> f64 {
    let share = (ratio.log10() + DECADES / 2.0) / DECADES;
    LEFT + WIDTH * share.clamp(0.0, 1.0)
}

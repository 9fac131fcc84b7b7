//! What is the same on several servers is told once.

/// Groups names by what is equal, the largest group first; among equals the order stays.
pub(super) fn fold<T: PartialEq>(all: Vec<(String, T)>) -> Vec<(Vec<String>, T)> {
    let mut groups: Vec<(Vec<String>, T)> = Vec::new();
    for (name, value) in all {
        match groups.iter_mut().find(|(_, known)| *known == value) {
            Some((names, _)) => names.push(name),
            None => groups.push((vec![name], value)),
        }
    }
    groups.sort_by_key(|(names, _)| std::cmp::Reverse(names.len()));
    groups
}

/// How the sizes of such groups are told.
pub(super) fn summary(sizes: &[usize]) -> String {
    match sizes {
        [] => "Nothing was run.".to_owned(),
        [1] => "1 server".to_owned(),
        [all] => format!("{all} servers, all the same"),
        [most, rest @ ..] if *most > 1 => {
            let rest: usize = rest.iter().sum();
            format!("{most} the same, {rest} differ{}", if rest == 1 { "s" } else { "" })
        }
        all => format!("{} servers, all different", all.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::{fold, summary};

    #[test]
    fn the_most_come_first_and_are_counted() {
        let all = [("a", 1), ("b", 2), ("c", 2), ("d", 3)].map(|(n, v)| (n.to_owned(), v));
        let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let folded = fold(all.to_vec());
        assert_eq!(folded, [(names(&["b", "c"]), 2), (names(&["a"]), 1), (names(&["d"]), 3)]);
        for (sizes, text) in [
            (&[][..], "Nothing was run."),
            (&[1], "1 server"),
            (&[40], "40 servers, all the same"),
            (&[38, 1, 1], "38 the same, 2 differ"),
            (&[2, 1], "2 the same, 1 differs"),
            (&[1, 1], "2 servers, all different"),
        ] {
            assert_eq!(summary(sizes), text);
        }
    }
}

import Testing

/// The running director in its network, seen from outside. One test after the other: they measure time, and share two cores.
@Suite(.serialized, .enabled(if: Laboratory.isRoot, Laboratory.excuse), .timeLimit(.minutes(2)))
enum DirectorLab {}

import Testing

/// The running director in its network, seen from outside. The tests run one after another, because they measure times and share
/// two cores.
@Suite(.serialized, .enabled(if: Laboratory.isRoot, Laboratory.excuse), .timeLimit(.minutes(2)))
enum DirectorLab {}

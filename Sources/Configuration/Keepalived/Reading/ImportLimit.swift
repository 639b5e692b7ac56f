/// Limits of an import. The longest files that operators have shown have some ten thousand lines; keepalived itself takes lines of 1023 bytes.
enum ImportLimit {
  /// Bytes of all files together.
  static let fileBytes = 16 << 20
  /// Files, each as often as it is included.
  static let files = 4096
  /// Lines once definitions and sequences are expanded, and their bytes. A word of two bytes takes 24 in memory.
  static let lines = 1_000_000
  static let lineBytes = 4096
  static let expandedBytes = 16 << 20
  /// Included files, definitions and sequences within one another.
  static let depth = 64
  /// `$NAME` replaced in one line, and in all.
  static let replacementsOfLine = 1000
  static let replacements = 1_000_000
  static let definitions = 10_000
  static let definedBytes = 4 << 20
  /// Blocks within blocks; keepalived has four levels.
  static let nesting = 32
  /// Services that groups expand to, and servers of all of them.
  static let services = 65_535
  static let servers = 500_000
  /// Different lines about what is not carried, and places named in each.
  static let notes = 1000
  static let places = 8
}

import ABI

/// What the first four bytes of an input choose. Every value has a meaning, so that no mutation is wasted.
struct Setting {
  static let methods = [SLUICE_DIRECT, SLUICE_IPIP, SLUICE_GUE, SLUICE_GRE]
  let methodNumber: Int
  var method: Int { Self.methods[methodNumber] }
  let outerIsIPv6: Bool
  let hasChecksum: Bool
  let hasEntropy: Bool
  let tags: Int
  let hasServiceTags: Bool
  let mtu: UInt16
  let headroom: Int
  let resets: Bool
  let dropsLost: Bool
  /// Whether checksums are corrected before the frames are processed: a wrong one hides every later check.
  let repairsChecksums: Bool
  /// Seconds from one batch to the next.
  let step: UInt32
  /// Frames per batch.
  let batch: Int
  let hasTinyFlowTable: Bool
  let isUnresolved: Bool
  /// Workers that take batches in turn.
  let workers: Int
  /// The batch before which the first real server is removed; nil: it stays.
  let removal: Int?

  init(_ reader: inout InputReader) {
    let (path, sizes, time, life) = (Int(reader.byte()), Int(reader.byte()), Int(reader.byte()), Int(reader.byte()))
    methodNumber = path & 3
    outerIsIPv6 = path & 4 != 0
    hasChecksum = path & 8 != 0
    hasEntropy = path & 16 != 0
    tags = min(2, path >> 5 & 3)
    hasServiceTags = path & 128 != 0
    mtu = [1500, 1600, 1280, 1320, 576, 100, 68, 9000][sizes & 7]
    headroom = [256, 64, 40, 0][sizes >> 3 & 3]
    resets = sizes & 32 != 0
    dropsLost = sizes & 64 != 0
    repairsChecksums = sizes & 128 == 0
    step = [0, 1, 61, 1000][time & 3]
    batch = [1, 2, 16, 64][time >> 2 & 3]
    hasTinyFlowTable = time & 16 != 0
    isUnresolved = time & 32 != 0
    workers = time & 64 != 0 ? 2 : 1
    removal = life & 1 != 0 ? life >> 1 & 7 : nil
  }
}

import ABI

/// What the first four bytes of an input choose. Every value means something, so that no mutation is in vain.
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
  /// Whether checksums are put right before the frames are run: a wrong one hides everything behind it.
  let mends: Bool
  /// Seconds from one batch to the next.
  let step: UInt32
  /// Frames a batch.
  let batch: Int
  let hasTinyFlowTable: Bool
  let isUnresolved: Bool
  /// Who take batches by turns.
  let workers: Int
  /// Before which batch the first real server is taken out; nil: it stays.
  let removal: Int?

  init(_ reader: inout InputReader) {
    let (ways, sizes, time, life) = (Int(reader.byte()), Int(reader.byte()), Int(reader.byte()), Int(reader.byte()))
    methodNumber = ways & 3
    outerIsIPv6 = ways & 4 != 0
    hasChecksum = ways & 8 != 0
    hasEntropy = ways & 16 != 0
    tags = min(2, ways >> 5 & 3)
    hasServiceTags = ways & 128 != 0
    mtu = [1500, 1600, 1280, 1320, 576, 100, 68, 9000][sizes & 7]
    headroom = [256, 64, 40, 0][sizes >> 3 & 3]
    resets = sizes & 32 != 0
    dropsLost = sizes & 64 != 0
    mends = sizes & 128 == 0
    step = [0, 1, 61, 1000][time & 3]
    batch = [1, 2, 16, 64][time >> 2 & 3]
    hasTinyFlowTable = time & 16 != 0
    isUnresolved = time & 32 != 0
    workers = time & 64 != 0 ? 2 : 1
    removal = life & 1 != 0 ? life >> 1 & 7 : nil
  }
}

import Glibc

@testable import Forwarding

/// Pages between two forbidden pages, with one frame at an edge: a read or write one byte outside the frame crashes the test.
final class GuardedPages {
  enum End { case left, right }

  private static let page = 4096
  private let base: UnsafeMutableRawPointer
  private let size: Int

  init(pages: Int = 2) {
    size = pages * Self.page
    let all = mmap(nil, size + 2 * Self.page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let all, all != UnsafeMutableRawPointer(bitPattern: -1) else { preconditionFailure("no memory for guarded pages") }
    base = all + Self.page
    precondition(mprotect(base, size, PROT_READ | PROT_WRITE) == 0, "mprotect failed for a page that was just mapped")
  }

  deinit { munmap(base - Self.page, size + 2 * Self.page) }

  /// Writes the frame after its headroom, both at one edge; the headroom and all other bytes hold `canary`.
  func place(_ bytes: [UInt8], headroom: Int, end: End) -> Frame {
    precondition(bytes.count + headroom <= size)
    memset(base, Int32(Self.canary), size)
    let start = end == .left ? base + headroom : base + (size - bytes.count)
    bytes.withUnsafeBytes { if let source = $0.baseAddress { start.copyMemory(from: source, byteCount: bytes.count) } }
    return Frame(bytes: start, length: bytes.count, headroom: headroom)
  }

  static let canary: UInt8 = 0xc5

  /// Whether all other bytes still have the values that `place` wrote.
  func isClean(outside sent: Range<UnsafeMutableRawPointer>) -> Bool {
    // libc's loops: in a debug build, Swift's own would take most of a mutation run.
    isClean(base, sent.lowerBound - base) && isClean(sent.upperBound, base + size - sent.upperBound)
  }

  private func isClean(_ from: UnsafeMutableRawPointer, _ count: Int) -> Bool {
    // Every byte equals its neighbour, and the first is the canary.
    guard count > 0 else { return true }
    return from.load(as: UInt8.self) == Self.canary && memcmp(from, from + 1, count - 1) == 0
  }
}

/// One frame in its own pages.
struct GuardedFrame {
  let frame: Frame
  private let pages: GuardedPages

  init(_ bytes: [UInt8], headroom: Int, end: GuardedPages.End) {
    pages = GuardedPages()
    frame = pages.place(bytes, headroom: headroom, end: end)
  }

  var bytes: [UInt8] { Array(UnsafeRawBufferPointer(start: frame.bytes, count: Int(frame.length))) }
}

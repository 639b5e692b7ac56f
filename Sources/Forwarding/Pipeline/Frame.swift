/// A received frame as a worker hands it over: the place of its bytes, and the room in front for another header.
package struct Frame {
  package var bytes: UnsafeMutableRawPointer
  /// Bytes of the frame, Ethernet header included, no FCS.
  package var length: UInt32
  /// Writable bytes in front of `bytes`, for tunnel headers.
  package var headroom: UInt16
  /// The interface slot (`root.interfaces`) it came in on.
  package var interface: UInt16

  @inline(__always) @_noLocks
  package init(bytes: UnsafeMutableRawPointer, length: Int, headroom: Int, interface: Int = 0) {
    self.bytes = bytes
    self.length = UInt32(truncatingIfNeeded: length)
    self.headroom = UInt16(truncatingIfNeeded: headroom)
    self.interface = UInt16(truncatingIfNeeded: interface)
  }
}

/// What to do with a frame. It has already been rewritten in place; what is left is to send or release it.
package struct Verdict: Equatable {
  package enum Action: UInt8, Sendable {
    /// Send `length` bytes from `start` through interface slot `egress`.
    case forward
    /// The same for a packet that the director originates: `egress` is the interface that the frame came in on.
    case answer
    /// Not for a virtual service: left to the kernel. Steering normally passes such a frame before a worker sees it, except just after a
    /// service was removed; a worker then drops it, `replay` reports pass.
    case pass
    /// Neither send nor release: the forwarder keeps the frame, a fragment that waits for its datagram's first fragment.
    case hold
    /// Release the frame.
    case drop
  }

  package var action: Action
  package var outcome: Outcome
  package var egress: UInt16
  /// Start of the frame to send, relative to the received frame's first byte; negative when a header was put in front.
  package var start: Int32
  package var length: UInt32
  /// Index into the servers table; `noServer` when none was chosen.
  package var server: UInt32

  package static var noServer: UInt32 {
    @inline(__always) @_noLocks get { UInt32.max }
  }

  /// Whether the verdict is final: a held frame is only counted when it is released.
  package var isFinal: Bool {
    @inline(__always) @_noLocks get {
      if case .hold = action { false } else { true }
    }
  }

  // Written out, since the synthesized one cannot have the attribute.
  @inline(__always) @_noLocks
  package init(action: Action, outcome: Outcome, egress: UInt16, start: Int32, length: UInt32, server: UInt32) {
    self.action = action
    self.outcome = outcome
    self.egress = egress
    self.start = start
    self.length = length
    self.server = server
  }
}

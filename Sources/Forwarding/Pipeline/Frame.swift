/// A received frame as a worker hands it over: where its bytes lie and how much room there is to write a header in front.
package struct Frame {
  package var bytes: UnsafeMutableRawPointer
  /// Bytes of the frame, Ethernet header included, no FCS.
  package var length: UInt32
  /// Writable bytes in front of `bytes`: what tunnel headers may use.
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

/// What to do with a frame. Rewriting has been done in place: only the sending, or the giving back, is left.
package struct Verdict: Equatable {
  package enum Action: UInt8, Sendable {
    /// Send `length` bytes from `start` by interface slot `egress`.
    case forward
    /// The same, for what we say ourselves: `egress` is the interface it came in on.
    case answer
    /// Not for a virtual service: the kernel's. Steering has passed such a frame before a worker sees it, but for the moment after
    /// a service went; a worker can then only drop it, `replay` says pass.
    case pass
    /// Neither send nor give back: the forwarder keeps the frame, a fragment whose first has yet to come.
    case hold
    /// Give the frame back.
    case drop
  }

  package var action: Action
  package var outcome: Outcome
  package var egress: UInt16
  /// Where the frame to send begins, relative to the received one's first byte; negative when a header was put in front.
  package var start: Int32
  package var length: UInt32
  /// Index into the servers table; `noServer` when no server was picked.
  package var server: UInt32

  package static var noServer: UInt32 {
    @inline(__always) @_noLocks get { UInt32.max }
  }

  /// Whether anything more is to be decided: a held frame is counted when it is let go.
  package var isFinal: Bool {
    @inline(__always) @_noLocks get {
      if case .hold = action { false } else { true }
    }
  }

  // Spelled out, since the compiler's own can't carry the attribute.
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

import ABI

/// What one worker knows of one real server's connections; touched when a flow begins, changes state or ends, not per packet.
///
/// Model. `live` counts the worker's flow entries of the server by state, exactly: every entry that comes, changes or goes passes
/// `FlowTable`'s few functions, and those count. An index of the servers table is used again by another server; entries of the
/// former one may outlive it. `owner` is the incarnation the counts belong to: the first flow of another incarnation starts from
/// zero, and an entry of the former one that goes later no longer counts. So the reconciler never writes here.
///
/// Rejected: counting all entries when somebody asks, which read the whole table, 5 ms a million entries, for each question; and
/// clearing the counts from the reconciler's thread, which would be a second writer.
package struct ServerLoad {
  /// Flows begun. Runs free; the reconciler takes a baseline when an index changes hands.
  package var connections: UInt64 = 0
  /// Packets given an identification of their own in an outer header; counted at the tunnel's index, see `sluice_server.tunnel`.
  package var identification: UInt64 = 0
  /// The incarnation that `live` counts for, plus 1; 0: none yet.
  package private(set) var owner: UInt32 = 0
  /// By state; that of no flow stays 0.
  private var live: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0, 0, 0)
  // Up to 64 bytes: a cache line each, since neighbours in the table are used at different times.
  private var reserved: (UInt32, UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0, 0)

  package init() {}
}

extension ServerLoad {
  private static var liveOffset: Int {
    @inline(__always) @_noLocks get { 20 }
  }

  /// Live flows in a state, of the server with this incarnation.
  package func count(state: Int, incarnation: UInt16) -> Int {
    guard owner == UInt32(incarnation) + 1, 0..<Int(SLUICE_STATES) ~= state else { return 0 }
    return withUnsafeBytes(of: live) { Int($0.load(fromByteOffset: state * 4, as: UInt32.self)) }
  }

  /// A flow begins.
  @inline(__always) @_noLocks
  static func add(_ load: UnsafeMutablePointer<ServerLoad>, state: UInt16, incarnation: UInt16) {
    if load.pointee.owner != UInt32(incarnation) &+ 1 {
      load.pointee.owner = UInt32(incarnation) &+ 1
      load.pointee.live = (0, 0, 0, 0, 0, 0)
    }
    word(load, state).pointee &+= 1
  }

  /// A flow changes state.
  @inline(__always) @_noLocks
  static func move(_ load: UnsafeMutablePointer<ServerLoad>, from former: UInt16, to state: UInt16, incarnation: UInt16) {
    guard load.pointee.owner == UInt32(incarnation) &+ 1 else { return }
    word(load, former).pointee &-= 1
    word(load, state).pointee &+= 1
  }

  /// A flow ends.
  @inline(__always) @_noLocks
  static func remove(_ load: UnsafeMutablePointer<ServerLoad>, state: UInt16, incarnation: UInt16) {
    guard load.pointee.owner == UInt32(incarnation) &+ 1 else { return }
    word(load, state).pointee &-= 1
  }

  @inline(__always) @_noLocks
  private static func word(_ load: UnsafeMutablePointer<ServerLoad>, _ state: UInt16) -> UnsafeMutablePointer<UInt32> {
    (UnsafeMutableRawPointer(load) + liveOffset).assumingMemoryBound(to: UInt32.self) + Int(state)
  }
}

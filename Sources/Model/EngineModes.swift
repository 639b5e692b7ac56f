package enum HugePages: String, CaseIterable, Codable, Sendable {
  /// Huge pages if there are free ones.
  case auto
  /// Fail to start without them.
  case on
  case off
}

/// How the steering program is attached.
package enum AttachMode: String, CaseIterable, Codable, Sendable {
  /// Native if the driver supports it, else generic.
  case auto
  case native
  case generic
}

/// Whether workers complete checksums that senders left to a NIC.
package enum ChecksumMode: String, CaseIterable, Codable, Sendable {
  /// On interfaces whose driver hands such frames over: veth.
  case auto
  case complete
  case keep
}

/// Whether the kernel copies frames between NIC and sockets.
package enum CopyMode: String, CaseIterable, Codable, Sendable {
  /// Zero-copy if the driver supports it, else copy.
  case auto
  case copy
  case zeroCopy = "zero-copy"
}

package enum HugePages: String, CaseIterable, Codable, Sendable {
  /// Where there are any.
  case auto
  /// Refuse to start without.
  case on
  case off
}

/// Where the steering program runs.
package enum AttachMode: String, CaseIterable, Codable, Sendable {
  /// Native where the driver can, else generic.
  case auto
  case native
  case generic
}

/// Whether the kernel copies frames between the NIC's memory and the sockets'.
package enum CopyMode: String, CaseIterable, Codable, Sendable {
  /// Zero-copy where the driver can, else copy.
  case auto
  case copy
  case zeroCopy = "zero-copy"
}

import Model

/// What one `KernelMonitor.drain` learned.
package struct KernelChanges: Equatable, Sendable {
  /// Followed destinations of which the answer may have changed, each once. Ask for their answers.
  package var destinations: [IPAddress] = []
  package var links: [LinkChange] = []
  /// Those that Sluice made itself, by `VirtualAddresses`, are not among them.
  package var addresses: [AddressChange] = []
  /// Events were lost, so everything was listed anew: the changes above are the difference, and every destination is among them.
  package var isLost = false
  /// The limit was reached before the last event.
  package var more = false

  package init() {}

  package var isEmpty: Bool { destinations.isEmpty && links.isEmpty && addresses.isEmpty && !isLost }
}

import Model

/// The result of `KernelMonitor.drain`.
package struct KernelChanges: Equatable, Sendable {
  /// Followed destinations that may have a new answer, each once. `KernelMonitor.answers` returns it.
  package var destinations: [IPAddress] = []
  package var links: [LinkChange] = []
  /// Without the changes made by `VirtualAddresses`.
  package var addresses: [AddressChange] = []
  /// Events were lost, so everything was read again: the changes above are the differences, and contain all destinations.
  package var isLost = false
  /// The limit was reached; there may be more events.
  package var more = false

  package init() {}

  package var isEmpty: Bool { destinations.isEmpty && links.isEmpty && addresses.isEmpty && !isLost }
}

import Model

/// What a command line asks for.
package enum Request: Equatable, Sendable {
  case help
  case version
  case list(ListRequest)
  case save(isNumeric: Bool)
  case restore
  case change(TableCommand)
  /// To start the daemon that copies connections to another director.
  case startDaemon
  case stopDaemon
}

/// A list, and how it is printed.
package struct ListRequest: Equatable, Sendable {
  package enum Subject: Equatable, Sendable {
    case all
    case service(ServiceKey)
    case connections
    case timeouts
    case daemon
  }

  package enum Columns: Equatable, Sendable {
    case plain
    case stats
    case rate
    case thresholds
    case persistentConnections
    case tunnelInfo
  }

  package var subject = Subject.all
  package var columns = Columns.plain
  package var isNumeric = false
  package var isExact = false
  package var isSorted = true

  package init(
    _ subject: Subject = .all,
    columns: Columns = .plain,
    isNumeric: Bool = false,
    isExact: Bool = false,
    isSorted: Bool = true
  ) {
    self.subject = subject
    self.columns = columns
    self.isNumeric = isNumeric
    self.isExact = isExact
    self.isSorted = isSorted
  }
}

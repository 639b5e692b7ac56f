import API
import IPVSAdm
import Model
import Reconciler

/// The daemon's table, through its control socket.
struct DaemonTable: TableAccess {
  private let client: ControlClient

  init(_ client: ControlClient) { self.client = client }

  func change(_ commands: [TableCommand]) async throws(Failure) {
    do { _ = try await client.carryOut(commands) } catch { throw Failure(error, code: Failure.refused) }
  }

  func report(of service: ServiceKey?) async throws(Failure) -> TableReport? {
    do {
      return try await client.tableReport(of: service)
    } catch let error as APIError where error.status == 404 && service != nil {
      return nil
    } catch {
      throw Failure(error, code: Failure.noList)
    }
  }

  func connections() async throws(Failure) -> [ListedConnection] {
    do {
      let filter = FlowFilter(limit: FlowFilter.limitRange.upperBound)
      return try await client.flows(filter).flows.compactMap(ListedConnection.init)
    } catch {
      throw Failure(error, code: Failure.noList)
    }
  }
}

extension Failure {
  /// - Parameter code: when the daemon refuses.
  fileprivate init(_ error: any Error, code: Int32) {
    switch error {
    case let error as APIError:
      // Of several commands the daemon says which one it was.
      let parts = error.message.split(separator: ": ", maxSplits: 1).map(String.init)
      let isPlaced = parts.count == 2 && parts[0].hasPrefix("command ")
      self.init(isPlaced ? parts[1] : error.message, code: code, place: isPlaced ? parts[0] : nil)
    case ControlClientError.notAllowed: self.init("Permission denied (you must be root)", code: code)
    // ipvsadm's code when there is no IPVS in the kernel.
    default: self.init("\(error)", code: Failure.invalid)
    }
  }
}

extension ListedConnection {
  /// Nil for a flow whose server is gone.
  fileprivate init?(_ flow: FlowRecord) {
    guard let server = flow.server else { return nil }
    self.init(
      ServiceProtocol(flow.protocol),
      expires: flow.expires,
      state: Self.states[flow.state] ?? "NONE",
      client: flow.client,
      virtual: flow.destination,
      // Direct routing and tunnels keep the port.
      destination: Endpoint(address: server, port: flow.destination.port)
    )
  }

  /// The kernel's names.
  private static let states = [
    "syn-received": "SYN_RECV", "established": "ESTABLISHED", "fin-wait": "FIN_WAIT", "close": "CLOSE", "udp": "UDP",
  ]
}

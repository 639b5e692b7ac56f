import ArgumentParser
import Control

struct ServiceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "service",
    abstract: "Add, change, remove and list virtual services.",
    subcommands: [Add.self, Set.self, Remove.self, List.self]
  )

  /// What a service has besides its name.
  struct Settings: ParsableArguments {
    @Option(help: "Slots of the Maglev ring, a prime such as 65537 or 655373.")
    var ring: Int?

    @Option(help: "What becomes of the flows of a removed server.")
    var onServerLoss: ServerLossPolicy?
  }

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Add a virtual service.")

    @OptionGroup var service: ServiceArguments
    @OptionGroup var settings: Settings
    @OptionGroup var edit: EditOptions

    func run() async throws {
      let added = VirtualService(
        service.key,
        ringSize: settings.ring ?? VirtualService.defaultRingSize,
        onServerLoss: settings.onServerLoss ?? .rehash
      )
      try await edit.carryOut { try await $0.add(added) }
    }
  }

  struct Set: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Change a virtual service; what isn't given stays.")

    @OptionGroup var service: ServiceArguments
    @OptionGroup var settings: Settings
    @OptionGroup var edit: EditOptions

    func run() async throws {
      try await edit.carryOut { client in
        try await client.set(service.key, to: ServiceSettings(ring: settings.ring, onServerLoss: settings.onServerLoss))
      }
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Remove a virtual service and its flows.")

    @OptionGroup var service: ServiceArguments
    @OptionGroup var edit: EditOptions

    func run() async throws { try await edit.carryOut { try await $0.remove(service.key) } }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the virtual services.")

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var listing: ListingOptions

    func run() async throws {
      let list = try await daemon.client.services()
      try listing.show(list) { list.text }
    }
  }
}

using Microsoft.Extensions.Options;

namespace DurableSessions.Hosting.Telemetry;

/// <summary>Checks the port of the metrics when a server starts.</summary>
[OptionsValidator]
internal sealed partial class MetricsSettingsValidator : IValidateOptions<MetricsSettings>;

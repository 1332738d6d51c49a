using Microsoft.Extensions.Options;

namespace DurableSessions.Core.Configuration;

/// <summary>Checks the bounds of <see cref="AppendSettings"/> when a host starts.</summary>
[OptionsValidator]
internal sealed partial class AppendSettingsValidator : IValidateOptions<AppendSettings>;

using Microsoft.Extensions.Options;

namespace DurableSessions.Engine;

/// <summary>Checks the bounds of <see cref="EmbeddedSettings"/> when a host starts.</summary>
[OptionsValidator]
internal sealed partial class EmbeddedSettingsValidator : IValidateOptions<EmbeddedSettings>;

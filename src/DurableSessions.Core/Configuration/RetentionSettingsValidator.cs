using Microsoft.Extensions.Options;

namespace DurableSessions.Core.Configuration;

/// <summary>Checks the bounds of <see cref="RetentionSettings"/> when a host starts.</summary>
[OptionsValidator]
internal sealed partial class RetentionSettingsValidator : IValidateOptions<RetentionSettings>;

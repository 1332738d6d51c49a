using Microsoft.Extensions.Options;

namespace DurableSessions.Core.Configuration;

/// <summary>Checks the bounds of <see cref="StorageSettings"/> when a host starts.</summary>
[OptionsValidator]
internal sealed partial class StorageSettingsValidator : IValidateOptions<StorageSettings>;

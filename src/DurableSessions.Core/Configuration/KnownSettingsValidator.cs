using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace DurableSessions.Core.Configuration;

/// <summary>
/// Refuses keys that no setting of their section has: a mistyped one would change nothing. The binder's own check takes a property's name
/// for its key even where the two differ, and sees one class of a section at a time.
/// </summary>
internal sealed class KnownSettingsValidator(IEnumerable<SettingsSection> sections, IConfiguration configuration)
    : IValidateOptions<KnownSettings>
{
    public ValidateOptionsResult Validate(string? name, KnownSettings options)
    {
        var failures = new ValidateOptionsResultBuilder();
        foreach (IGrouping<string, SettingsSection> section in sections.GroupBy(static s => s.Name))
        {
            var known = section.SelectMany(static s => s.Properties.Keys).ToHashSet(StringComparer.OrdinalIgnoreCase);
            string settings = $"{section.Key} has {string.Join(", ", known.Order(StringComparer.Ordinal))}";
            foreach (IConfigurationSection child in configuration.GetSection(section.Key).GetChildren())
            {
                string? unknown = known.Contains(child.Key) ? child.GetChildren().FirstOrDefault()?.Path : child.Path;
                if (unknown is not null)
                {
                    failures.AddError($"{unknown} is not a setting; {settings}.");
                }
            }
        }

        return failures.Build();
    }
}

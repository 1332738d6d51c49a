using System.Text.Json;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Fuzzing.Targets;

/// <summary>
/// Manifests. One that an audit does not call unreadable reads equal when it is written again, and can be asked for its rules.
/// </summary>
internal static class ManifestTarget
{
    public static void Run(byte[] input)
    {
        Manifest manifest;
        try
        {
            manifest = StoreJson.Read<Manifest>(new BinaryData(input));
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return;
        }

        if (ManifestRules.FindUnreadable(manifest) is not null)
        {
            return;
        }

        BinaryData written = StoreJson.Write(manifest);
        Manifest again = StoreJson.Read<Manifest>(written);
        Expect.SameBytes(written.ToMemory().Span, StoreJson.Write(again).ToMemory().Span, "manifest");
        Expect.That(ManifestRules.FindUnreadable(again) is null);
        var key = new SessionKey(manifest.Account, manifest.User, manifest.SessionId);
        string[] broken = [.. ManifestRules.FindBroken(key, manifest).Select(static b => b.Text)];
        Expect.That(broken.SequenceEqual(ManifestRules.FindBroken(key, again).Select(static b => b.Text)));
        Expect.That(ManifestRules.FindBrokenStep(manifest, again) is null || manifest.DeletedAt is not null);
    }
}

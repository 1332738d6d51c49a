using Microsoft.Playwright;

namespace DurableSessions.Ui.Tests.Browser;

/// <summary>The form that asks for a key, and the pages that a browser is led to.</summary>
internal static class SignedIn
{
    /// <summary>Sends the form that a page shows.</summary>
    public static async Task SendKeyAsync(this IPage page, string key)
    {
        await page.FillAsync("#key", key);
        await page.ClickAsync("main button[type=submit]");
    }

    /// <summary>Signs in by the form that a page shows.</summary>
    /// <param name="page">The page.</param>
    /// <param name="key">The key.</param>
    /// <param name="leadsTo">What is shown then, for <see cref="ArriveAsync"/>.</param>
    public static async Task SignInAsync(this IPage page, string key, string leadsTo)
    {
        await page.SendKeyAsync(key);
        await page.ArriveSignedInAsync(leadsTo);
    }

    /// <summary>As <see cref="ArriveAsync"/>, where a page of the same address may have asked for a key before.</summary>
    public static async Task ArriveSignedInAsync(this IPage page, string path)
    {
        await page.Locator("#key").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Detached });
        await page.ArriveAsync(path);
    }

    /// <summary>
    /// Waits until a page has loaded at this address: a regular expression of all of its path and query. The page is asked, again and
    /// again: Playwright's own waits for an address miss a navigation that comes between their look at it and their subscription to it.
    /// </summary>
    public static Task ArriveAsync(this IPage page, string path) => page.WaitForFunctionAsync(
        "path => document.readyState === 'complete' && new RegExp(`^${path}$`).test(location.pathname + location.search)", path);
}
